// File: net/ipv4/igmp.c
// expect: ends
// Each group holds it.
@@ expression e; @@
 ____ip_mc_inc_group(...)
 {
 <...
 im->interface = e;
+in_dev_hold(e);
 ...>
 }
