// File: net/ipv4/devinet.c
// expect: ends
// They go.
@@ @@
 inetdev_destroy(...)
 {
 <...
 in_dev->dead = 1;
+ip_mc_destroy_dev(in_dev);
 ...>
 }
