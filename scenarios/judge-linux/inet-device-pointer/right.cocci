// File: net/ipv4/devinet.c
// expect: ends
// It is cleared.
@@ @@
 inetdev_destroy(...)
 {
 <...
+RCU_INIT_POINTER(dev->ip_ptr, NULL);
 devinet_sysctl_unregister(in_dev);
 ...>
 }
