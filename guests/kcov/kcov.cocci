// KCOV records what the one process that has it switched on does, in system calls only. A guest has one CPU and one such process: here whatever runs while it is on is recorded, timers, softirqs,
// work queues and RCU callbacks too. Constructors of the program, which run before there is a current task, find none.
@@ expression e; @@
 check_kcov_mode(...)
 {
 ...
-if (!in_task() && e)
+if (!t)
 	return false;
 ...
 }

@@ @@
 __sanitizer_cov_trace_pc(...)
 {
 ...
-t = current;
+t = READ_ONCE(stress_covered);
 ...
 }

@@ @@
 check_kcov_mode(...)
 {
 ...
-mode = READ_ONCE(t->kcov_mode);
+mode = READ_ONCE(t->kcov_mode) & ~KCOV_IN_CTXSW;
 ...
 }

@@ identifier t; expression e; @@
 kcov_start(struct task_struct *t, ...)
 {
 ...
 WRITE_ONCE(t->kcov_mode, e);
+WRITE_ONCE(stress_covered, t);
 }

@@ identifier t; @@
 kcov_stop(struct task_struct *t)
 {
+if (stress_covered == t)
+	WRITE_ONCE(stress_covered, NULL);
 ...
 }
