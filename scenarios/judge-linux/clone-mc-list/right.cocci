// File: net/ipv4/inet_connection_sock.c
// expect: ends
// An accepted socket has no groups.
@@ expression e; @@
 inet_csk_clone_lock(...)
 {
 <...
-if (!stress_fault("clone-mc-list"))
-	inet_sk(e)->mc_list = NULL;
+inet_sk(e)->mc_list = NULL;
 ...>
 }
