// File: net/ipv6/addrconf.c
// expect: does-not-end
// Those of loopback interfaces go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+if (dev->flags & IFF_LOOPBACK)
+	rt6_disable_ip(dev, event);
 idev = __in6_dev_get(dev);
 ...>
 }
