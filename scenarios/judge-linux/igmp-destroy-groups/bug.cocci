// File: net/ipv4/devinet.c
// What it takes away: The groups of an interface go with it (inetdev_destroy).
@@ @@
 inetdev_destroy(...)
 {
 <...
-ip_mc_destroy_dev(in_dev);
 ...>
 }
