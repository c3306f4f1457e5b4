// File: net/ipv6/mcast.c
// expect: ends
// Each group keeps it.
@@ expression e; @@
 __ipv6_dev_mc_inc(...)
 {
 <...
 ma_put(e);
-in6_dev_put(idev);
 ...>
 }
