// File: net/ipv6/mcast.c
// expect: does-not-end
// It takes one where the wait is longer than its shortest.
@@ expression e; @@
 mld_ifc_start_work(...)
 {
 <...
-mod_delayed_work(mld_wq, &idev->mc_ifc_work, e);
+if (!mod_delayed_work(mld_wq, &idev->mc_ifc_work, e) && delay > 1)
+	in6_dev_hold(idev);
 ...>
 }
