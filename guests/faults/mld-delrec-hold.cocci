// File: net/ipv6/mcast.c
// Fix: 1666d49e1d41 "mld: do not remove mld souce list info when set link down" (a deleted record holds its inet6_dev)
@@ expression e; @@
 mld_add_delrec(...)
 {
 <...
-in6_dev_hold(e);
+if (!stress_fault("mld-delrec-hold"))
+	in6_dev_hold(e);
 ...>
 }
