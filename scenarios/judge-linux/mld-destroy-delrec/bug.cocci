// File: net/ipv6/mcast.c
// What it takes away: The records of groups that were left go with the interface (ipv6_mc_destroy_dev).
@@ @@
 ipv6_mc_destroy_dev(...)
 {
 <...
-mld_clear_delrec(idev);
 ...>
 }
