// File: net/ipv4/devinet.c
// What it takes away: The parameters of ARP go with the interface (inetdev_destroy).
@@ @@
 inetdev_destroy(...)
 {
 <...
-neigh_parms_release(&arp_tbl, in_dev->arp_parms);
 ...>
 }
