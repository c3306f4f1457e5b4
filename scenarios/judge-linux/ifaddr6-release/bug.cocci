// File: net/ipv6/addrconf.c
// What it takes away: An address gives back the reference of its interface when that goes (addrconf_ifdown).
@@ @@
 addrconf_ifdown(...)
 {
 <...
 list_del_rcu(&ifa->if_list);
 write_unlock_bh(&idev->lock);
-in6_ifa_put(ifa);
 ...>
 }
