// File: net/ipv4/igmp.c
// expect: moves
// They go, and one reference too many with them.
@@ @@
 ip_mc_destroy_dev(...)
 {
 <...
 ip_mc_down(in_dev);
+igmpv3_clear_delrec(in_dev);
+in_dev_put(in_dev);
 ...>
 }
