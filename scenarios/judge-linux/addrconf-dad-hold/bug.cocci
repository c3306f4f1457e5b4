// File: net/ipv6/addrconf.c
// What it takes away: The work that looks for duplicates of an address holds it (addrconf_mod_dad_work).
@@ @@
 addrconf_mod_dad_work(...)
 {
 <...
-in6_ifa_hold(ifp);
-if (mod_delayed_work(addrconf_wq, &ifp->dad_work, delay))
-in6_ifa_put(ifp);
+mod_delayed_work(addrconf_wq, &ifp->dad_work, delay);
 ...>
 }
