// File: net/ipv6/addrconf.c
// expect: leaks
// It is cleared, and keeps its reference.
@@ expression e; @@
 addrconf_ifdown(...)
 {
 <...
+RCU_INIT_POINTER(dev->ip6_ptr, NULL);
+in6_dev_hold(e);
 snmp6_unregister_dev(e);
 ...>
 }
