// File: drivers/net/tun.c
// expect: ends
// A device holds the socket of the file that is attached to it.
@@ expression e; @@
 tun_attach(...)
 {
 <...
-if (!stress_fault("tun-socket-hold"))
-	sock_hold(e);
+sock_hold(e);
 ...>
 }
