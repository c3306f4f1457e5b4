// File: net/ipv6/mcast.c
// expect: ends
// It takes a reference where it was not waiting before.
@@ expression e; @@
 mld_ifc_start_work(...)
 {
 <...
-mod_delayed_work(mld_wq, &idev->mc_ifc_work, e);
+if (!mod_delayed_work(mld_wq, &idev->mc_ifc_work, e))
+	in6_dev_hold(idev);
 ...>
 }
