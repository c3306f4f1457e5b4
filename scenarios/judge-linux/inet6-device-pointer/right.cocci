// File: net/ipv6/addrconf.c
// expect: ends
// It is cleared.
@@ @@
 addrconf_ifdown(...)
 {
 <...
+RCU_INIT_POINTER(dev->ip6_ptr, NULL);
 snmp6_unregister_dev(idev);
 ...>
 }
