// File: net/ipv6/addrconf.c
// expect: does-not-end
// Only temporary addresses hold it.
@@ expression e; @@
 ipv6_add_addr(...)
 {
 <...
-if (!stress_fault("addrconf-idev-hold"))
-	in6_dev_hold(e);
+if (cfg->ifa_flags & IFA_F_TEMPORARY)
+	in6_dev_hold(e);
 ...>
 }
