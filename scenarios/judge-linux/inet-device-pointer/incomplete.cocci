// File: net/ipv4/devinet.c
// expect: does-not-end
// It is cleared on loopback interfaces.
@@ @@
 inetdev_destroy(...)
 {
 <...
+if (dev->flags & IFF_LOOPBACK)
+	RCU_INIT_POINTER(dev->ip_ptr, NULL);
 devinet_sysctl_unregister(in_dev);
 ...>
 }
