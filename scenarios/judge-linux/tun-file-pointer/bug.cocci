// File: drivers/net/tun.c
// What it takes away: The file of a device that is gone does not point to it (tun_detach_all).
@@ expression e; @@
 tun_detach_all(...)
 {
 <...
-RCU_INIT_POINTER(tfile->tun, NULL);
 --tun->numqueues;
 ...>
 }
