// File: net/ipv4/inet_connection_sock.c
// expect: does-not-end
// Only an accepted socket over IPv6 has none.
@@ expression e; @@
 inet_csk_clone_lock(...)
 {
 <...
-if (!stress_fault("clone-mc-list"))
-	inet_sk(e)->mc_list = NULL;
+if (e->sk_family == AF_INET6)
+	inet_sk(e)->mc_list = NULL;
 ...>
 }
