// File: net/ipv4/devinet.c
// expect: leaks
// It is cleared, and keeps its reference.
@@ expression e; @@
 inetdev_destroy(...)
 {
 <...
+RCU_INIT_POINTER(dev->ip_ptr, NULL);
+in_dev_hold(e);
 devinet_sysctl_unregister(e);
 ...>
 }
