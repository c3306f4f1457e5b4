// File: net/ipv6/addrconf.c
// expect: moves
// They go, and one reference too many with them.
@@ @@
 addrconf_ifdown(...)
 {
 <...
 ipv6_ac_destroy_dev(idev);
+ipv6_mc_destroy_dev(idev);
+in6_dev_put(idev);
 ...>
 }
