// File: net/ipv4/devinet.c
// expect: does-not-end
// Those of loopback interfaces go.
@@ @@
 inetdev_destroy(...)
 {
 <...
 in_dev->dead = 1;
+if (dev->flags & IFF_LOOPBACK)
+	ip_mc_destroy_dev(in_dev);
 ...>
 }
