// File: net/ipv4/igmp.c
// What it takes away: The timer by which an interface sends changes of its groups holds its in_device (igmp_ifc_start_timer).
@@ expression e; @@
 igmp_ifc_start_timer(...)
 {
 <...
-if (in_dev_hold_safe(in_dev)) {
 int tv = e;
-if (mod_timer(&in_dev->mr_ifc_timer, jiffies + tv + 2)) in_dev_put(in_dev);
-}
+mod_timer(&in_dev->mr_ifc_timer, jiffies + tv + 2);
 ...>
 }
