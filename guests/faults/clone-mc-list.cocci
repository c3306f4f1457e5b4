// File: net/ipv4/inet_connection_sock.c
// Fix: 657831ffc38e "dccp/tcp: do not inherit mc_list from parent" (CVE-2017-8890)
@@ expression e; @@
 inet_csk_clone_lock(...)
 {
 <...
-inet_sk(e)->mc_list = NULL;
+if (!stress_fault("clone-mc-list"))
+	inet_sk(e)->mc_list = NULL;
 ...>
 }
