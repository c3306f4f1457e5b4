// File: net/ipv4/igmp.c
// What it takes away: The records of groups that were left go with the interface (ip_mc_destroy_dev).
@@ @@
 ip_mc_destroy_dev(...)
 {
 <...
-igmpv3_clear_delrec(in_dev);
 ...>
 }
