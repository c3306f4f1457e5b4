// File: net/ipv4/igmp.c
// expect: does-not-end
// Only the records of groups with sources hold it.
@@ expression e; @@
 igmpv3_add_delrec(...)
 {
 <...
-if (!stress_fault("igmp-delrec-hold"))
-	in_dev_hold(e);
+if (im->sfmode == MCAST_INCLUDE)
+	in_dev_hold(e);
 ...>
 }
