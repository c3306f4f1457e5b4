// File: net/ipv6/mcast.c
// expect: ends
// They go.
@@ @@
 ipv6_mc_destroy_dev(...)
 {
 ...
+mutex_lock(&idev->mc_lock);
+mld_clear_delrec(idev);
+mutex_unlock(&idev->mc_lock);
 mld_clear_query(idev);
 ...
 }
