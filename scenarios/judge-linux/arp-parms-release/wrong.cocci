// File: net/ipv4/devinet.c
// expect: moves
// They go, and one reference too many with them.
@@ @@
 inetdev_destroy(...)
 {
 <...
+neigh_parms_release(&arp_tbl, in_dev->arp_parms);
+in_dev_put(in_dev);
 arp_ifdown(dev);
 ...>
 }
