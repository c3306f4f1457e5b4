// File: net/ipv6/addrconf.c
// expect: does-not-end
// Those of loopback interfaces go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+if (dev->flags & IFF_LOOPBACK)
+	neigh_parms_release(&nd_tbl, idev->nd_parms);
 neigh_ifdown(&nd_tbl, dev);
 ...>
 }
