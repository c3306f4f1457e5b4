/*
 * Lets a guest set the registers of its processes on a processor whose state is larger than its kernel knows. stress-launch has it loaded with the guest's program, before the C library.
 *
 * User-Mode Linux keeps as much of a process' floating-point and vector state as its release has room for (FP_SIZE of arch/x86/um, 2,696 bytes up to 6.12). The host takes the state back whole or not
 * at all (xstateregs_set in arch/x86/kernel/fpu/regset.c of Linux: EFAULT), and with AMX it has some 11,000 bytes: no process of a guest would start. What is missing is zero, as it is in the
 * state that was read: no process of a guest has asked for the use of AMX.
 * C99 and Linux on x86-64.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { peek_text = 1, peek_user = 3, set_regset = 0x4205, x86_xstate = 0x202, most = 64 * 1024 };

/* ptrace(2) as the C library has it; a guest's kernel is one thread. */
long ptrace(int request, ...)
{
    va_list rest;
    va_start(rest, request);
    int pid = va_arg(rest, int);
    long address = va_arg(rest, long), data = va_arg(rest, long), value = 0;
    va_end(rest);
    if (request >= peek_text && request <= peek_user) {
        if (syscall(SYS_ptrace, (long)request, (long)pid, address, &value) < 0)
            return -1;
        errno = 0;
        return value;
    }
    if (request == set_regset && address == x86_xstate) {
        static char whole[most];
        const struct iovec *given = (const struct iovec *)data;
        if (given->iov_len < most) {
            /* The host takes no more than it has. */
            struct iovec all = { whole, most };
            memcpy(whole, given->iov_base, given->iov_len);
            memset(whole + given->iov_len, 0, most - given->iov_len);
            return syscall(SYS_ptrace, (long)request, (long)pid, address, &all);
        }
    }
    return syscall(SYS_ptrace, (long)request, (long)pid, address, data);
}
