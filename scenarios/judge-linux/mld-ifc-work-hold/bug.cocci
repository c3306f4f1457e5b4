// File: net/ipv6/mcast.c
// What it takes away: The work by which an interface sends changes of its groups holds its inet6_dev (mld_ifc_start_work).
@@ @@
 mld_ifc_start_work(...)
 {
 <...
-if (in6_dev_hold_safe(idev)) {
-if (mod_delayed_work(mld_wq, &idev->mc_ifc_work, tv + 2)) in6_dev_put(idev);
-}
+mod_delayed_work(mld_wq, &idev->mc_ifc_work, tv + 2);
 ...>
 }
