// File: net/ipv6/mcast.c
// What it takes away: A group keeps the reference to the inet6_dev that in6_dev_get took for it.
@@ expression e; @@
 __ipv6_dev_mc_inc(...)
 {
 <...
 ma_put(e);
+in6_dev_put(idev);
 return 0;
 ...>
 }
