// File: net/ipv4/devinet.c
// expect: ends
// They go.
@@ @@
 inetdev_destroy(...)
 {
 <...
+neigh_parms_release(&arp_tbl, in_dev->arp_parms);
 arp_ifdown(dev);
 ...>
 }
