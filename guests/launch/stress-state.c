/*
 * What a guest asks of its host, where the answer needs more than the C library's. stress-launch has it loaded with the guest's program, before the C library.
 *
 * Registers. User-Mode Linux keeps as much of a process' floating-point and vector state as its release has room for (FP_SIZE of arch/x86/um, 2,696 bytes up to 6.12). The host takes the state back whole or not
 * at all (xstateregs_set in arch/x86/kernel/fpu/regset.c of Linux: EFAULT), and with AMX it has some 11,000 bytes: no process of a guest would start. What is missing is zero, as it is in the
 * state that was read: no process of a guest has asked for the use of AMX.
 *
 * Console. A kernel such as 6.1 writes to its console without waiting, and asks for an interrupt when there is room. The host raises that when we happen to have read what was there: at no virtual time, and
 * the kernel mixes it into its random numbers (add_interrupt_randomness in drivers/char/random.c). Later kernels wait for the host in virtual time (need_output_blocking in arch/um/drivers/chan_kern.c, which
 * 6.12 has); here all of them do, and are not interrupted.
 * C99 and Linux on x86-64.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
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

static int is_console(int fd) { return fd == STDOUT_FILENO || fd == STDERR_FILENO; }

static int control(int fd, int command, long argument)
{
    if (command == F_SETFL && is_console(fd))
        argument &= ~(long)(O_NONBLOCK | O_ASYNC);
    return (int)syscall(SYS_fcntl, (long)fd, (long)command, argument);
}

/* fcntl(2), by both of its names: a program for large files has the second. */
int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return control(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return control(fd, command, argument);
}

/* epoll_ctl(2). Nobody waits for room on the console. */
int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    if (is_console(fd) && operation != EPOLL_CTL_DEL && (event->events & EPOLLIN) == 0)
        return 0;
    return (int)syscall(SYS_epoll_ctl, (long)set, (long)operation, (long)fd, event);
}
