// File: net/ipv6/addrconf.c
// expect: ends
// They go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+rt6_disable_ip(dev, event);
 idev = __in6_dev_get(dev);
 ...>
 }
