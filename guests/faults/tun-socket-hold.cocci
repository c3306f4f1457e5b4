// File: drivers/net/tun.c
// Fix: an omission of the class, not a commit: a device holds the socket of the file that is attached to it
@@ expression e; @@
 tun_attach(...)
 {
 <...
-sock_hold(e);
+if (!stress_fault("tun-socket-hold"))
+	sock_hold(e);
 ...>
 }
