// File: net/ipv4/devinet.c
// expect: moves
// They go, and one reference too many with them.
@@ @@
 inetdev_destroy(...)
 {
 <...
 in_dev->dead = 1;
+ip_mc_destroy_dev(in_dev);
+in_dev_put(in_dev);
 ...>
 }
