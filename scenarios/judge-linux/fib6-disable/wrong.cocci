// File: net/ipv6/addrconf.c
// expect: leaks
// They go, and what else belongs to IPv6 stays.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+rt6_disable_ip(dev, event);
+if (unregister)
+	return 0;
 idev = __in6_dev_get(dev);
 ...>
 }
