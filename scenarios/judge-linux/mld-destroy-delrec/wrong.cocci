// File: net/ipv6/mcast.c
// expect: moves
// They go, and one reference too many with them.
@@ @@
 ipv6_mc_destroy_dev(...)
 {
 ...
+mutex_lock(&idev->mc_lock);
+mld_clear_delrec(idev);
+mutex_unlock(&idev->mc_lock);
+in6_dev_put(idev);
 mld_clear_query(idev);
 ...
 }
