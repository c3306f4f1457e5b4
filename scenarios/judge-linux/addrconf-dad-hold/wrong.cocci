// File: net/ipv6/addrconf.c
// expect: leaks
// It takes two.
@@ @@
 addrconf_mod_dad_work(...)
 {
 <...
-mod_delayed_work(addrconf_wq, &ifp->dad_work, delay);
+in6_ifa_hold(ifp);
+if (!mod_delayed_work(addrconf_wq, &ifp->dad_work, delay))
+	in6_ifa_hold(ifp);
 ...>
 }
