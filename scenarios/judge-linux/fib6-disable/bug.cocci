// File: net/ipv6/addrconf.c
// What it takes away: The routes out of an interface go with it (addrconf_ifdown).
@@ @@
 addrconf_ifdown(...)
 {
 <...
-rt6_disable_ip(dev, event);
 ...>
 }
