// File: drivers/net/tun.c
// expect: does-not-end
// Only a device with NAPI holds it.
@@ expression e; @@
 tun_attach(...)
 {
 <...
-if (!stress_fault("tun-socket-hold"))
-	sock_hold(e);
+if (napi)
+	sock_hold(e);
 ...>
 }
