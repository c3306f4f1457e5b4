// File: net/ipv6/addrconf.c
// What it takes away: An interface that is gone does not point to its inet6_dev (addrconf_ifdown).
@@ @@
 addrconf_ifdown(...)
 {
 <...
-RCU_INIT_POINTER(dev->ip6_ptr, NULL);
 ...>
 }
