// File: net/ipv6/addrconf.c
// What it takes away: The parameters of neighbour discovery go with the interface (addrconf_ifdown).
@@ @@
 addrconf_ifdown(...)
 {
 <...
-neigh_parms_release(&nd_tbl, idev->nd_parms);
 ...>
 }
