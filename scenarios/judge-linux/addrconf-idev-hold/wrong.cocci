// File: net/ipv6/addrconf.c
// expect: leaks
// Each address takes two references, and gives one back.
@@ expression e; @@
 ipv6_add_addr(...)
 {
 <...
-if (!stress_fault("addrconf-idev-hold"))
-	in6_dev_hold(e);
+in6_dev_hold(e);
+in6_dev_hold(e);
 ...>
 }
