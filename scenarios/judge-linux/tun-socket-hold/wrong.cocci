// File: drivers/net/tun.c
// expect: breaks
// Nothing is attached to a persistent device any more, and so nothing goes wrong.
@@ expression e; @@
 tun_attach(...)
 {
 <...
-if (!stress_fault("tun-socket-hold"))
-	sock_hold(e);
+sock_hold(e);
 ...>
 }
@@ expression e; @@
 tun_attach(...)
 {
 ...
+if (tun->flags & IFF_PERSIST)
+	return -EBUSY;
 err = security_tun_dev_attach(...);
 ...
 }
