// File: net/ipv4/igmp.c
// What it takes away: A group holds the in_device that it points to (in_dev_hold in ____ip_mc_inc_group).
@@ expression e; @@
 ____ip_mc_inc_group(...)
 {
 <...
-in_dev_hold(e);
 ...>
 }
