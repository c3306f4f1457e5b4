// File: net/ipv4/igmp.c
// expect: leaks
// It takes one each time, also where it was running and has one.
@@ expression e; @@
 igmp_ifc_start_timer(...)
 {
 <...
-mod_timer(&in_dev->mr_ifc_timer, e);
+mod_timer(&in_dev->mr_ifc_timer, e);
+in_dev_hold(in_dev);
 ...>
 }
