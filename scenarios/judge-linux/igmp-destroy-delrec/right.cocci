// File: net/ipv4/igmp.c
// expect: ends
// They go.
@@ @@
 ip_mc_destroy_dev(...)
 {
 <...
 ip_mc_down(in_dev);
+igmpv3_clear_delrec(in_dev);
 ...>
 }
