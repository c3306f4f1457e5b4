// File: net/ipv6/addrconf.c
// expect: ends
// They go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
 ipv6_ac_destroy_dev(idev);
+ipv6_mc_destroy_dev(idev);
 ...>
 }
