// File: drivers/net/tun.c
// expect: does-not-end
// Only a file of a device with several queues does.
@@ @@
 tun_detach_all(...)
 {
 <...
+if (tun->flags & IFF_MULTI_QUEUE)
+	RCU_INIT_POINTER(tfile->tun, NULL);
 --tun->numqueues;
 ...>
 }
