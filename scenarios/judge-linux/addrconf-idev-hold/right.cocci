// File: net/ipv6/addrconf.c
// expect: ends
// Each address holds its inet6_dev.
@@ expression e; @@
 ipv6_add_addr(...)
 {
 <...
-if (!stress_fault("addrconf-idev-hold"))
-	in6_dev_hold(e);
+in6_dev_hold(e);
 ...>
 }
