// File: net/ipv6/addrconf.c
// Fix: an omission of the class, not a commit: an address holds the inet6_dev that it points to
@@ expression e; @@
 ipv6_add_addr(...)
 {
 <...
-in6_dev_hold(e);
+if (!stress_fault("addrconf-idev-hold"))
+	in6_dev_hold(e);
 ...>
 }
