// File: net/ipv4/igmp.c
// expect: does-not-end
// It takes one where the wait is longer than its shortest.
@@ expression e; @@
 igmp_ifc_start_timer(...)
 {
 <...
-mod_timer(&in_dev->mr_ifc_timer, e);
+if (!mod_timer(&in_dev->mr_ifc_timer, e) && delay > 1)
+	in_dev_hold(in_dev);
 ...>
 }
