// File: net/ipv6/mcast.c
// expect: leaks
// The group takes another reference instead, and one more at the end of each.
@@ expression e; @@
 __ipv6_dev_mc_inc(...)
 {
 <...
 ma_put(e);
-in6_dev_put(idev);
+in6_dev_hold(idev);
 ...>
 }
