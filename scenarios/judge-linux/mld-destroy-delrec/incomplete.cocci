// File: net/ipv6/mcast.c
// expect: does-not-end
// They go where a general query is to be answered.
@@ @@
 ipv6_mc_destroy_dev(...)
 {
 ...
+mutex_lock(&idev->mc_lock);
+if (idev->mc_gq_running)
+	mld_clear_delrec(idev);
+mutex_unlock(&idev->mc_lock);
 mld_clear_query(idev);
 ...
 }
