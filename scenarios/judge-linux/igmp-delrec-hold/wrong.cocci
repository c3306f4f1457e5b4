// File: net/ipv4/igmp.c
// expect: leaks
// Each record takes two references, and gives one back.
@@ expression e; @@
 igmpv3_add_delrec(...)
 {
 <...
-if (!stress_fault("igmp-delrec-hold"))
-	in_dev_hold(e);
+in_dev_hold(e);
+in_dev_hold(e);
 ...>
 }
