// File: net/ipv6/mcast.c
// expect: leaks
// Each record takes two references, and gives one back.
@@ expression e; @@
 mld_add_delrec(...)
 {
 <...
-if (!stress_fault("mld-delrec-hold"))
-	in6_dev_hold(e);
+in6_dev_hold(e);
+in6_dev_hold(e);
 ...>
 }
