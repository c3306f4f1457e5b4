// File: net/ipv6/addrconf.c
// expect: does-not-end
// Those of loopback interfaces go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
 ipv6_ac_destroy_dev(idev);
+if (dev->flags & IFF_LOOPBACK)
+	ipv6_mc_destroy_dev(idev);
 ...>
 }
