// File: net/ipv6/addrconf.c
// expect: does-not-end
// It is cleared on loopback interfaces.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+if (dev->flags & IFF_LOOPBACK)
+	RCU_INIT_POINTER(dev->ip6_ptr, NULL);
 snmp6_unregister_dev(idev);
 ...>
 }
