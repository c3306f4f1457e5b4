// File: net/ipv6/addrconf.c
// expect: ends
// They go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+neigh_parms_release(&nd_tbl, idev->nd_parms);
 neigh_ifdown(&nd_tbl, dev);
 ...>
 }
