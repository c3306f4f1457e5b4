// File: net/ipv4/igmp.c
// expect: ends
// Each record of a group that was left holds its in_device.
@@ expression e; @@
 igmpv3_add_delrec(...)
 {
 <...
-if (!stress_fault("igmp-delrec-hold"))
-	in_dev_hold(e);
+in_dev_hold(e);
 ...>
 }
