// File: net/ipv4/igmp.c
// Fix: 24803f38a5c0 "igmp: do not remove igmp souce list info when set link down" (a deleted record holds its in_device)
@@ expression e; @@
 igmpv3_add_delrec(...)
 {
 <...
-in_dev_hold(e);
+if (!stress_fault("igmp-delrec-hold"))
+	in_dev_hold(e);
 ...>
 }
