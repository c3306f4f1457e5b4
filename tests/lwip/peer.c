/*
 * lwIP's PPPoS on a TCP connection or on standard input and output: the independent peer of the dial tests.
 *
 *   peer listen  AUTH [getty]   listens on a port of the loopback that the system chooses, prints "port N", answers one call after the other
 *   peer connect AUTH PORT M    places M calls, each ended by the other side
 *   peer stdio   AUTH [getty]   one answered call on standard input and output
 *   peer stepped AUTH           calls under a clock that standard input moves, in lines:
 *       listen | connect        a new call, answered or placed
 *       input HEX               bytes from the line, now
 *       until MS                the clock goes on to MS, or to the first time at which something is sent or the call ends
 *       free                    the call's memory goes; the clock goes on by what its timers need
 *     Each is answered by "NOW DEAD IP IP6 HEX": the clock in ms, flags of the call, and the bytes that were sent.
 *
 * AUTH is none, pap or chap. A listening peer demands it of the caller; a connecting peer offers name and secret.
 * At the end (end of standard input, or M calls) it prints "calls C ip I ip6 J".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "netif/ppp/pppapi.h"
#include "netif/ppp/pppos.h"

static int calls, ip_up, ip6_up;
static int line_in, line_out;
static int dead;
static struct netif ppp_netif;
static ppp_pcb *ppp;

/* Milliseconds by which lwIP's clock is ahead of the machine's. */
static u32_t ahead;

/* A stepped peer's clock and the bytes that it has sent since the last answer. */
static int stepped;
static u32_t stepped_now;
static u8_t sent[1 << 16];
static size_t sent_length;

u32_t sys_now(void)
{
    struct timespec t;
    if (stepped) {
        return stepped_now;
    }
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000) + ahead;
}

u32_t sys_jiffies(void)
{
    return sys_now();
}

static u32_t output(ppp_pcb *pcb, u8_t *data, u32_t len, void *ctx)
{
    u32_t done = 0;
    (void)pcb;
    (void)ctx;
    if (stepped) {
        if (len > sizeof sent - sent_length) {
            fprintf(stderr, "too much output for one step\n");
            exit(1);
        }
        memcpy(sent + sent_length, data, len);
        sent_length += len;
        return len;
    }
    while (done < len) {
        ssize_t n = write(line_out, data + done, len - done);
        if (n > 0) {
            done += (u32_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else {
            break;
        }
    }
    return done;
}

/* Each network protocol's opening is counted once a call. */
static int seen4, seen6;

static void status(ppp_pcb *pcb, int code, void *ctx)
{
    (void)ctx;
    if (code == PPPERR_NONE) {
        if (pcb->if4_up && !seen4) {
            seen4 = 1;
            ip_up++;
        }
        if (pcb->if6_up && !seen6) {
            seen6 = 1;
            ip6_up++;
        }
        return;
    }
    dead = 1;
}

/* getty and login: any name and password will do, PPP's own authentication decides. Returns 0 when the line is gone. */
static int ask(const char *prompt)
{
    char c;
    if (write(line_out, prompt, strlen(prompt)) < 0) {
        return 0;
    }
    for (;;) {
        ssize_t n = read(line_in, &c, 1);
        if (n <= 0) {
            return 0;
        }
        if (c == '\r' || c == '\n') {
            return 1;
        }
    }
}

/* Begins a call. */
static void begin(const char *auth, int server)
{
    u8_t type = strcmp(auth, "pap") == 0 ? PPPAUTHTYPE_PAP : strcmp(auth, "chap") == 0 ? PPPAUTHTYPE_CHAP : PPPAUTHTYPE_NONE;

    dead = seen4 = seen6 = 0;
    memset(&ppp_netif, 0, sizeof ppp_netif);
    ppp = pppos_create(&ppp_netif, output, status, NULL);
    if (type != PPPAUTHTYPE_NONE) {
        ppp_set_auth(ppp, type, "caller", "secret");
    }
    if (server) {
        ip4_addr_t ours, his;
        IP4_ADDR(&ours, 10, 0, 0, 1);
        IP4_ADDR(&his, 10, 0, 0, 2);
        ppp_set_ipcp_ouraddr(ppp, &ours);
        ppp_set_ipcp_hisaddr(ppp, &his);
        ppp_set_auth_required(ppp, type != PPPAUTHTYPE_NONE);
        ppp_listen(ppp);
    } else {
        ppp_connect(ppp, 0);
    }
}

static void call(const char *auth, int server, int getty)
{
    u8_t buffer[4096];
    int gone = 0;

    calls++;
    if (getty && (!ask("\r\nlwip ttyS0\r\n\r\nlogin: ") || !ask("Password: "))) {
        return;
    }

    begin(auth, server);
    while (!dead) {
        u32_t wait = sys_timeouts_sleeptime();
        if (gone) {
            /* After a Terminate-Request lwIP waits six seconds even where the line is gone: nothing can happen in them, so skip them. */
            ahead += wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? 1000 : wait;
            sys_check_timeouts();
            continue;
        }
        struct pollfd p = { .fd = line_in, .events = POLLIN };
        int ready = poll(&p, 1, wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE || wait > 1000 ? 1000 : (int)wait);
        if (ready > 0) {
            ssize_t n = read(line_in, buffer, sizeof buffer);
            if (n <= 0) {
                gone = 1;
                ppp_close(ppp, 1);
            } else {
                pppos_input(ppp, buffer, (int)n);
            }
        }
        sys_check_timeouts();
    }

    /* A dead session may still have a timer in the list: let it run out before the memory goes. */
    while (ppp_free(ppp) != ERR_OK) {
        sys_check_timeouts();
    }
}

/* Lets the clock go on to a time, or to the first event before it. */
static void until(u32_t end)
{
    int was_dead = dead;
    for (;;) {
        u32_t wait;
        sys_check_timeouts();
        if (sent_length > 0 || dead != was_dead || stepped_now >= end) {
            return;
        }
        wait = sys_timeouts_sleeptime();
        if (wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE || wait > end - stepped_now) {
            wait = end - stepped_now;
        }
        stepped_now += wait > 0 ? wait : 1;
    }
}

static int step(const char *auth)
{
    static char line[1 << 17];
    static u8_t bytes[1 << 16];
    stepped = 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "listen\n") == 0 || strcmp(line, "connect\n") == 0) {
            begin(auth, line[0] == 'l');
        } else if (strncmp(line, "input ", 6) == 0) {
            int n = 0;
            unsigned int byte;
            while (sscanf(line + 6 + 2 * n, "%2x", &byte) == 1) {
                bytes[n++] = (u8_t)byte;
            }
            pppos_input(ppp, bytes, n);
        } else if (strncmp(line, "until ", 6) == 0) {
            until((u32_t)strtoul(line + 6, NULL, 10));
        } else if (strcmp(line, "free\n") == 0) {
            ppp_close(ppp, 1);
            while (ppp_free(ppp) != ERR_OK) {
                u32_t wait = sys_timeouts_sleeptime();
                stepped_now += wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? 1000 : wait > 0 ? wait : 1;
                sys_check_timeouts();
            }
            sent_length = 0;
            ppp = NULL;
        } else {
            fprintf(stderr, "unknown step %s", line);
            return 1;
        }
        printf("%u %d %d %d ", (unsigned)stepped_now, dead, ppp != NULL && ppp->if4_up, ppp != NULL && ppp->if6_up);
        for (size_t i = 0; i < sent_length; i++) {
            printf("%02x", sent[i]);
        }
        printf("\n");
        fflush(stdout);
        sent_length = 0;
    }
    return 0;
}

static void no_delay(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void report(FILE *out)
{
    fprintf(out, "calls %d ip %d ip6 %d\n", calls, ip_up, ip6_up);
    fflush(out);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "";
    struct sockaddr_in a = { .sin_family = AF_INET };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    lwip_init();

    if (strcmp(mode, "stdio") == 0) {
        line_in = 0;
        line_out = 1;
        call(argv[2], 1, argc > 3);
        report(stderr);
        return 0;
    }

    if (strcmp(mode, "stepped") == 0) {
        return step(argv[2]);
    }

    if (strcmp(mode, "listen") == 0) {
        int s = socket(AF_INET, SOCK_STREAM, 0);
        socklen_t length = sizeof a;
        if (bind(s, (struct sockaddr *)&a, sizeof a) != 0 || listen(s, 8) != 0 || getsockname(s, (struct sockaddr *)&a, &length) != 0) {
            perror("listen");
            return 1;
        }
        printf("port %d\n", ntohs(a.sin_port));
        fflush(stdout);
        for (;;) {
            struct pollfd p[2] = { { .fd = s, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
            if (poll(p, 2, -1) < 0) {
                continue;
            }
            if (p[0].revents == 0) {
                break;
            }
            int fd = accept(s, NULL, NULL);
            no_delay(fd);
            line_in = line_out = fd;
            call(argv[2], 1, argc > 3);
            close(fd);
        }
        report(stdout);
        return 0;
    }

    if (strcmp(mode, "connect") == 0 && argc > 4) {
        int m = atoi(argv[4]);
        a.sin_port = htons((unsigned short)atoi(argv[3]));
        for (int i = 0; i < m; i++) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
                perror("connect");
                return 1;
            }
            no_delay(fd);
            line_in = line_out = fd;
            call(argv[2], 0, 0);
            close(fd);
        }
        report(stdout);
        return 0;
    }

    fprintf(stderr, "usage: peer listen AUTH [getty] | connect AUTH PORT CALLS | stdio AUTH [getty] | stepped AUTH\n");
    return 2;
}
