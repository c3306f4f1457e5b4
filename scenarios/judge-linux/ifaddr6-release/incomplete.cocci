// File: net/ipv6/addrconf.c
// expect: does-not-end
// Temporary addresses do.
@@ @@
 addrconf_ifdown(...)
 {
 <...
 list_del_rcu(&ifa->if_list);
 write_unlock_bh(&idev->lock);
+if (ifa->flags & IFA_F_TEMPORARY)
+	in6_ifa_put(ifa);
 ...>
 }
