// File: drivers/net/tun.c
// expect: ends
// Each file that is attached loses its device.
@@ @@
 tun_detach_all(...)
 {
 <...
+RCU_INIT_POINTER(tfile->tun, NULL);
 --tun->numqueues;
 ...>
 }
