// File: net/ipv6/mcast.c
// expect: does-not-end
// Only groups with sources keep it.
@@ expression e; @@
 __ipv6_dev_mc_inc(...)
 {
 <...
 ma_put(e);
-in6_dev_put(idev);
+if (mode == MCAST_EXCLUDE)
+	in6_dev_put(idev);
 ...>
 }
