// File: net/ipv6/addrconf.c
// What it takes away: The groups of an interface go with it (addrconf_ifdown).
@@ @@
 addrconf_ifdown(...)
 {
 <...
-ipv6_mc_destroy_dev(idev);
 ...>
 }
