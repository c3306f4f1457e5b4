// File: net/ipv4/igmp.c
// expect: leaks
// Each group takes two references, and gives one back.
@@ expression e; @@
 ____ip_mc_inc_group(...)
 {
 <...
 im->interface = e;
+in_dev_hold(e);
+in_dev_hold(e);
 ...>
 }
