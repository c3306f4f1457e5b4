// File: drivers/net/tun.c
// expect: moves
// Each file loses its device and the reference of its socket, which is given back again below.
@@ @@
 tun_detach_all(...)
 {
 <...
+RCU_INIT_POINTER(tfile->tun, NULL);
+sock_put(&tfile->sk);
 --tun->numqueues;
 ...>
 }
