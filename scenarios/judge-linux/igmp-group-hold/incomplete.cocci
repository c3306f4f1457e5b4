// File: net/ipv4/igmp.c
// expect: moves
// Only groups without sources hold it: fewer references are missing, and another function is the first to notice.
@@ expression e; @@
 ____ip_mc_inc_group(...)
 {
 <...
 im->interface = e;
+if (mode == MCAST_EXCLUDE)
+	in_dev_hold(e);
 ...>
 }
