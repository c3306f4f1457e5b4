// File: net/ipv4/igmp.c
// expect: ends
// It takes a reference where it was not running before.
@@ expression e; @@
 igmp_ifc_start_timer(...)
 {
 <...
-mod_timer(&in_dev->mr_ifc_timer, e);
+if (!mod_timer(&in_dev->mr_ifc_timer, e))
+	in_dev_hold(in_dev);
 ...>
 }
