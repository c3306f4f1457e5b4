// File: net/ipv6/mcast.c
// expect: does-not-end
// Only the records of groups with sources hold it.
@@ expression e; @@
 mld_add_delrec(...)
 {
 <...
-if (!stress_fault("mld-delrec-hold"))
-	in6_dev_hold(e);
+if (im->mca_sfmode == MCAST_INCLUDE)
+	in6_dev_hold(e);
 ...>
 }
