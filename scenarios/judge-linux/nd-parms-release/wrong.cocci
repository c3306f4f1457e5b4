// File: net/ipv6/addrconf.c
// expect: moves
// They go, and one reference too many with them.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+neigh_parms_release(&nd_tbl, idev->nd_parms);
+in6_dev_put(idev);
 neigh_ifdown(&nd_tbl, dev);
 ...>
 }
