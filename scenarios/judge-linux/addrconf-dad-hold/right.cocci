// File: net/ipv6/addrconf.c
// expect: ends
// It takes a reference where it was not waiting before.
@@ @@
 addrconf_mod_dad_work(...)
 {
 <...
-mod_delayed_work(addrconf_wq, &ifp->dad_work, delay);
+if (!mod_delayed_work(addrconf_wq, &ifp->dad_work, delay))
+	in6_ifa_hold(ifp);
 ...>
 }
