// File: net/ipv4/devinet.c
// expect: does-not-end
// Those of loopback interfaces go.
@@ @@
 inetdev_destroy(...)
 {
 <...
+if (dev->flags & IFF_LOOPBACK)
+	neigh_parms_release(&arp_tbl, in_dev->arp_parms);
 arp_ifdown(dev);
 ...>
 }
