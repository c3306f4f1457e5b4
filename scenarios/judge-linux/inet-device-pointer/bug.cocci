// File: net/ipv4/devinet.c
// What it takes away: An interface that is gone does not point to its in_device (inetdev_destroy).
@@ @@
 inetdev_destroy(...)
 {
 <...
-RCU_INIT_POINTER(dev->ip_ptr, NULL);
 ...>
 }
