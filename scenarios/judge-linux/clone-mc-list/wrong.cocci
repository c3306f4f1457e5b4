// File: net/ipv4/inet_connection_sock.c
// expect: does-not-end
// The listening socket loses its groups where it has been cloned over IPv6.
@@ expression e; @@
 inet_csk_clone_lock(...)
 {
 <...
-if (!stress_fault("clone-mc-list"))
-	inet_sk(e)->mc_list = NULL;
+if (e->sk_family == AF_INET6)
+	((struct inet_sock *)inet_sk(sk))->mc_list = NULL;
 ...>
 }
