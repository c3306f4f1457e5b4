/*
 * FRR truncates its time-out to milliseconds and asks for the rest with 0. Where a CPU costs no virtual time that loop has no end. Preloaded: a time-out
 * is rounded up by a millisecond, and so is a second empty poll in a row that would not wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static __thread int empty;

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    struct timespec longer;
    if (timeout != NULL) {
        longer = *timeout;
        if (longer.tv_sec != 0 || longer.tv_nsec != 0 || empty) {
            longer.tv_nsec += 1000000;
            if (longer.tv_nsec >= 1000000000) {
                longer.tv_sec++;
                longer.tv_nsec -= 1000000000;
            }
        }
        timeout = &longer;
    }
    int result = (int)syscall(SYS_ppoll, fds, count, timeout, mask, 8);
    empty = result == 0;
    return result;
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t length)
{
    (void)length;
    return ppoll(fds, count, timeout, mask);
}
