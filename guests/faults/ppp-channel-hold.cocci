// File: drivers/net/ppp/ppp_generic.c
// Fix: an omission of the class, not a commit: a channel holds the unit that it is connected to
@@ expression e; @@
 ppp_connect_channel(...)
 {
 <...
-refcount_inc(&e->file.refcnt);
+if (!stress_fault("ppp-channel-hold"))
+	refcount_inc(&e->file.refcnt);
 ...>
 }
