// File: net/ipv6/addrconf.c
// expect: ends
// They go.
@@ @@
 addrconf_ifdown(...)
 {
 <...
 list_del_rcu(&ifa->if_list);
 write_unlock_bh(&idev->lock);
+in6_ifa_put(ifa);
 ...>
 }
