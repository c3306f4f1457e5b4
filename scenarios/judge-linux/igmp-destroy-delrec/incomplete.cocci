// File: net/ipv4/igmp.c
// expect: does-not-end
// They go where a general query is to be answered.
@@ @@
 ip_mc_destroy_dev(...)
 {
 <...
 ip_mc_down(in_dev);
+if (in_dev->mr_gq_running)
+	igmpv3_clear_delrec(in_dev);
 ...>
 }
