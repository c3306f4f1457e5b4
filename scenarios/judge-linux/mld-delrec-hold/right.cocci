// File: net/ipv6/mcast.c
// expect: ends
// Each record of a group that was left holds its inet6_dev.
@@ expression e; @@
 mld_add_delrec(...)
 {
 <...
-if (!stress_fault("mld-delrec-hold"))
-	in6_dev_hold(e);
+in6_dev_hold(e);
 ...>
 }
