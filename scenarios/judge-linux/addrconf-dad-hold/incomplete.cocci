// File: net/ipv6/addrconf.c
// expect: does-not-end
// It takes one where it waits.
@@ @@
 addrconf_mod_dad_work(...)
 {
 <...
-mod_delayed_work(addrconf_wq, &ifp->dad_work, delay);
+if (!mod_delayed_work(addrconf_wq, &ifp->dad_work, delay) && delay)
+	in6_ifa_hold(ifp);
 ...>
 }
