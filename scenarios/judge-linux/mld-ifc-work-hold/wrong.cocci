// File: net/ipv6/mcast.c
// expect: leaks
// It takes one each time, also where it was waiting and has one.
@@ expression e; @@
 mld_ifc_start_work(...)
 {
 <...
-mod_delayed_work(mld_wq, &idev->mc_ifc_work, e);
+mod_delayed_work(mld_wq, &idev->mc_ifc_work, e);
+in6_dev_hold(idev);
 ...>
 }
