/*
 * Executes operation lists (the language of "stress exec") on the kernel it runs on. The list comes on the standard input, one operation a line; each
 * is answered with a line of the form of the recorded answers:
 *   NN  operation                                    -> VALUE [ERROR(number)]  [detail]
 * "=== NAME" or the end of the input closes every socket and removes every interface that the list made; with --fresh the next list is in a network namespace of its
 * own, and a second passes in which the old one goes (Linux). With --cover (Linux with KCOV) lines "cover:" after an answer are the edges that its operation was the
 * first to reach, and lines "clean:" those of the removal. With --ahead what the kernel leaves to its workers is done when the list lets time pass, under every
 * release's scheduler (Linux). Exit code 0 whatever the answers were; 2 for
 * a list that cannot be understood.
 * C99, no dependencies. Linux makes its interfaces with /dev/net/tun and rtnetlink; FreeBSD, NetBSD and OpenBSD with SIOCIFCREATE and /dev/tunN.
 * Needs the right to make interfaces: root, or root of a network namespace.
 */
#define _GNU_SOURCE
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <linux/if_tun.h>
#include <linux/kcov.h>
#include <linux/netlink.h>
#include <linux/ppp-ioctl.h>
#include <linux/rtnetlink.h>
#include <ifaddrs.h>
#include <sys/mman.h>
#else
#include <net/if_tun.h>
#if defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#include <netinet/in_var.h>
#include <netinet6/in6_var.h>
#endif
#endif

#define MAX_SOCKETS 64
#define MAX_TUNNELS 32
#define MAX_ADDRESSES 16
#define MAX_GIVEN 256
#define NAME_ROOM 20
#ifdef __linux__
#define LOOPBACK "lo"
#else
#define LOOPBACK "lo0"
#endif

static struct held_socket {
    char name[NAME_ROOM];
    int fd, protocol;
} sockets[MAX_SOCKETS];

static struct tunnel {
    char name[NAME_ROOM];
    int fd;
    int line, tty, channel, unit; /* of a call: the far end of its line, and what pppd holds */
    unsigned last_index;
    struct in6_addr local6[MAX_ADDRESSES];
    int addresses6, prefix6[MAX_ADDRESSES];
} tunnels[MAX_TUNNELS];

/* The peer last given with an IPv4 address, on whatever interface: Linux compares it when the address is deleted. */
static struct given {
    struct in_addr local, peer;
} given[MAX_GIVEN];

static int given_count, socket_count, tunnel_count, control4 = -1, control6 = -1, step;

/* What the answer carries beside its value. */
static char detail[2048];
static const char *own_error;
static int own_number;

static int failed(void) { return -1; }

/* An error that no errno says: unknown here, or the tool's own words. */
static int refused(const char *words, int number)
{
    own_error = words;
    own_number = number;
    return -1;
}

static int not_here(void) { return refused("not modelled", 0); }

static struct held_socket *socket_named(const char *name)
{
    for (int i = 0; i < socket_count; i++)
        if (strcmp(sockets[i].name, name) == 0)
            return &sockets[i];
    if (socket_count == MAX_SOCKETS)
        return NULL;
    struct held_socket *s = &sockets[socket_count++];
    snprintf(s->name, sizeof s->name, "%.*s", NAME_ROOM - 1, name);
    s->fd = -1;
    s->protocol = 0;
    return s;
}

static struct tunnel *tunnel_named(const char *name)
{
    for (int i = 0; i < tunnel_count; i++)
        if (strcmp(tunnels[i].name, name) == 0)
            return &tunnels[i];
    if (tunnel_count == MAX_TUNNELS)
        return NULL;
    struct tunnel *t = &tunnels[tunnel_count++];
    memset(t, 0, sizeof *t);
    snprintf(t->name, sizeof t->name, "%.*s", NAME_ROOM - 1, name);
    t->fd = t->line = t->tty = t->channel = t->unit = -1;
    return t;
}

static struct given *given_with(struct in_addr local)
{
    for (int i = 0; i < given_count; i++)
        if (given[i].local.s_addr == local.s_addr)
            return &given[i];
    return NULL;
}

static void name_request(struct ifreq *request, const char *name)
{
    memset(request, 0, sizeof *request);
    snprintf(request->ifr_name, sizeof request->ifr_name, "%.*s", (int)sizeof request->ifr_name - 1, name);
}

static int set_flag(const char *name, int up)
{
    struct ifreq request;
    name_request(&request, name);
    if (ioctl(control4, SIOCGIFFLAGS, &request) != 0)
        return failed();
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    return ioctl(control4, SIOCSIFFLAGS, &request);
}

/* Brings the loopback interface up; 1 when it was down. */
static int loopback_raised(void)
{
    struct ifreq request;
    name_request(&request, LOOPBACK);
    if (ioctl(control4, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) != 0)
        return 0;
    return set_flag(LOOPBACK, 1) == 0;
}

#ifdef __linux__

static int route_socket = -1;

static int tunnel_open(const char *name)
{
    struct ifreq request;
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    name_request(&request, name);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int interface_create(const char *name)
{
    if (if_nametoindex(name) != 0) {
        errno = EBUSY;
        return -1;
    }
    int fd = tunnel_open(name);
    if (fd < 0)
        return -1;
    int result = ioctl(fd, TUNSETPERSIST, 1), saved = errno;
    close(fd);
    errno = saved;
    return result;
}

static int over_request(const char *upper, const char *lower, struct in_addr local, struct in_addr remote);

static int interface_destroy(const char *name)
{
    struct tunnel *t = tunnel_named(name);
    if (if_nametoindex(name) == 0) {
        errno = ENODEV;
        return -1;
    }
    if (strncmp(name, "gif", 3) == 0) {
        struct in_addr none = { 0 };
        return over_request(name, NULL, none, none);
    }
    /* Whoever has it open lets go of it: the list says destroy. */
    int fd = t != NULL && t->fd >= 0 ? t->fd : tunnel_open(name);
    if (fd < 0)
        return -1;
    int result = ioctl(fd, TUNSETPERSIST, 0), saved = errno;
    close(fd);
    if (t != NULL)
        t->fd = -1;
    errno = saved;
    return result;
}

static int device_open(struct tunnel *t)
{
    if (if_nametoindex(t->name) == 0) {
        errno = ENODEV;
        return -1;
    }
    int fd = tunnel_open(t->name);
    if (fd < 0)
        return -1;
    if (t->fd >= 0)
        close(t->fd);
    t->fd = fd;
    return 0;
}

static void add_attribute(char **at, int type, const void *data, int length)
{
    struct rtattr *attribute = (struct rtattr *)(void *)*at;
    attribute->rta_type = (unsigned short)type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), data, (size_t)length);
    *at += RTA_ALIGN(attribute->rta_len);
}

/* Sends a request to rtnetlink and takes its answer as errno. */
static int exchange(struct nlmsghdr *head)
{
    char answer[1024];
    if (send(route_socket, head, head->nlmsg_len, 0) < 0)
        return -1;
    ssize_t n = recv(route_socket, answer, sizeof answer, 0);
    if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)))
        return -1;
    struct nlmsgerr *result = (struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)(void *)answer);
    errno = -result->error;
    return result->error == 0 ? 0 : -1;
}

static int address_request(int type, int flags, int family, const char *name, int prefix, const void *local, const void *peer, int length)
{
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg address;
        char attributes[256];
    } request;
    char *at = request.attributes;
    memset(&request, 0, sizeof request);
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        errno = ENODEV;
        return -1;
    }
    request.head.nlmsg_type = (unsigned short)type;
    request.head.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
    request.address.ifa_family = (unsigned char)family;
    request.address.ifa_prefixlen = (unsigned char)prefix;
    request.address.ifa_index = index;
    add_attribute(&at, IFA_LOCAL, local, length);
    add_attribute(&at, IFA_ADDRESS, peer != NULL ? peer : local, length);
    if (family == AF_INET6 && type == RTM_NEWADDR) {
        unsigned no_detection = IFA_F_NODAD;
        add_attribute(&at, IFA_FLAGS, &no_detection, 4);
    }
    request.head.nlmsg_len = (unsigned)(at - (char *)&request);
    return exchange(&request.head);
}

/* A route of the main table out of an interface, without a gateway. */
static int route_add(int family, const char *name, const void *destination, int prefix, int length)
{
    struct {
        struct nlmsghdr head;
        struct rtmsg route;
        char attributes[256];
    } request;
    char *at = request.attributes;
    memset(&request, 0, sizeof request);
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        errno = ENODEV;
        return -1;
    }
    request.head.nlmsg_type = RTM_NEWROUTE;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    request.route.rtm_family = (unsigned char)family;
    request.route.rtm_dst_len = (unsigned char)prefix;
    request.route.rtm_table = RT_TABLE_MAIN;
    request.route.rtm_protocol = RTPROT_BOOT;
    request.route.rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    request.route.rtm_type = RTN_UNICAST;
    if (prefix > 0)
        add_attribute(&at, RTA_DST, destination, length);
    add_attribute(&at, RTA_OIF, &index, 4);
    request.head.nlmsg_len = (unsigned)(at - (char *)&request);
    return exchange(&request.head);
}

/* IFLA_IPTUN_LINK, IFLA_IPTUN_LOCAL and IFLA_IPTUN_REMOTE of linux/if_tunnel.h. */
enum { TUNNEL_LINK = 1, TUNNEL_LOCAL = 2, TUNNEL_REMOTE = 3 };

/* Makes (lower given) or removes an IPv4-in-IPv4 tunnel. */
static int over_request(const char *upper, const char *lower, struct in_addr local, struct in_addr remote)
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
        char attributes[512];
    } request;
    char *at = request.attributes;
    memset(&request, 0, sizeof request);
    unsigned index = if_nametoindex(lower != NULL ? lower : upper);
    if (index == 0) {
        errno = ENODEV;
        return -1;
    }
    request.head.nlmsg_type = lower != NULL ? RTM_NEWLINK : RTM_DELLINK;
    request.head.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | (lower != NULL ? NLM_F_CREATE | NLM_F_EXCL : 0));
    if (lower == NULL) {
        request.link.ifi_index = (int)index;
    } else {
        struct rtattr *info, *data;
        add_attribute(&at, IFLA_IFNAME, upper, (int)strlen(upper) + 1);
        info = (struct rtattr *)(void *)at;
        add_attribute(&at, IFLA_LINKINFO, "", 0);
        add_attribute(&at, IFLA_INFO_KIND, "ipip", 5);
        data = (struct rtattr *)(void *)at;
        add_attribute(&at, IFLA_INFO_DATA, "", 0);
        add_attribute(&at, TUNNEL_LINK, &index, 4);
        add_attribute(&at, TUNNEL_LOCAL, &local, 4);
        add_attribute(&at, TUNNEL_REMOTE, &remote, 4);
        data->rta_len = (unsigned short)(at - (char *)data);
        info->rta_len = (unsigned short)(at - (char *)info);
    }
    request.head.nlmsg_len = (unsigned)(at - (char *)&request);
    return exchange(&request.head);
}

static int over(const char *upper, const char *lower, struct in_addr local, struct in_addr remote)
{
    return over_request(upper, lower, local, remote);
}

static int route4(const char *name, struct in_addr destination, int prefix) { return route_add(AF_INET, name, &destination, prefix, 4); }

static int route6(const char *name, struct in6_addr destination, int prefix) { return route_add(AF_INET6, name, &destination, prefix, 16); }

static int address4(const char *name, int add, struct in_addr local, struct in_addr peer)
{
    return address_request(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_EXCL : 0, AF_INET, name, 32, &local, &peer, 4);
}

static int address6(const char *name, int add, struct in6_addr local, int prefix, const struct in6_addr *peer)
{
    return address_request(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_EXCL : 0, AF_INET6, name, prefix, &local, peer, 16);
}

static void let_go_of(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The line loses its carrier, which hangs its terminal up and takes its channel away; then pppd closes what it holds, the unit last. */
static int call_hangup(struct tunnel *t)
{
    if (t->line < 0 && t->unit < 0) {
        errno = ENOTCONN;
        return -1;
    }
    let_go_of(&t->line);
    let_go_of(&t->channel);
    let_go_of(&t->tty);
    let_go_of(&t->unit);
    return 0;
}

/* What pppd does once its modem has a carrier: the terminal of a line becomes a channel, and the channel is connected to a unit. The line is a pseudo-terminal. */
static int call_begin(struct tunnel *t)
{
    int number = atoi(t->name + strcspn(t->name, "0123456789")), index = 0, discipline = N_PPP, unlocked = 0, terminal = 0;
    char path[32];
    if (t->line >= 0) {
        errno = EBUSY;
        return -1;
    }
    if ((t->line = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0 && ioctl(t->line, TIOCSPTLCK, &unlocked) == 0 && ioctl(t->line, TIOCGPTN, &terminal) == 0) {
        snprintf(path, sizeof path, "/dev/pts/%d", terminal);
        if ((t->tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0 && ioctl(t->tty, TIOCSETD, &discipline) == 0 && ioctl(t->tty, PPPIOCGCHAN, &index) == 0
            && (t->channel = open("/dev/ppp", O_RDWR | O_CLOEXEC)) >= 0 && ioctl(t->channel, PPPIOCATTCHAN, &index) == 0
            && (t->unit = open("/dev/ppp", O_RDWR | O_CLOEXEC)) >= 0 && ioctl(t->unit, PPPIOCNEWUNIT, &number) == 0 && ioctl(t->channel, PPPIOCCONNECT, &number) == 0)
            return 0;
    }
    int saved = errno;
    call_hangup(t);
    errno = saved;
    return -1;
}

static void append_file(const char *title, const char *path)
{
    char line[256];
    FILE *file = fopen(path, "r");
    size_t used = strlen(detail);
    used += (size_t)snprintf(detail + used, sizeof detail - used, "\n      %s: ", title);
    for (int n = 0; file != NULL && fgets(line, sizeof line, file) != NULL;) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "Idx", 3) == 0 || used + strlen(line) + 4 >= sizeof detail)
            continue;
        const char *text = line;
        while (*text == '\t' || *text == ' ')
            text++;
        used += (size_t)snprintf(detail + used, sizeof detail - used, "%s%s", n++ > 0 ? " | " : "", text);
    }
    if (file != NULL)
        fclose(file);
}

static int state(void)
{
    append_file("igmp", "/proc/net/igmp");
    append_file("igmp6", "/proc/net/igmp6");
    return 0;
}

#else

/* A device that stayed open while its interface was destroyed is let go before there is another one of its name. */
static void let_go(struct tunnel *t)
{
    if (t != NULL && t->fd >= 0 && if_nametoindex(t->name) == 0) {
        close(t->fd);
        t->fd = -1;
    }
}

static int interface_create(const char *name)
{
    struct ifreq request;
    let_go(tunnel_named(name));
    name_request(&request, name);
    return ioctl(control4, SIOCIFCREATE, &request);
}

static int interface_destroy(const char *name)
{
    struct ifreq request;
    name_request(&request, name);
    return ioctl(control4, SIOCIFDESTROY, &request);
}

static int device_open(struct tunnel *t)
{
    char path[64];
    let_go(t);
    snprintf(path, sizeof path, "/dev/%s", t->name);
    int fd = open(path, O_RDWR | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (t->fd >= 0)
        close(t->fd);
    t->fd = fd;
    return 0;
}

static struct sockaddr_in inet4(struct in_addr address)
{
    struct sockaddr_in s;
    memset(&s, 0, sizeof s);
    s.sin_len = sizeof s;
    s.sin_family = AF_INET;
    s.sin_addr = address;
    return s;
}

static int address4(const char *name, int add, struct in_addr local, struct in_addr peer)
{
    if (add) {
        struct ifaliasreq request;
        struct sockaddr_in all = inet4(local);
        memset(&request, 0, sizeof request);
        snprintf(request.ifra_name, sizeof request.ifra_name, "%s", name);
        memcpy(&request.ifra_addr, &all, sizeof all);
        all = inet4(peer);
        memcpy(&request.ifra_broadaddr, &all, sizeof all); /* the same place as ifra_dstaddr */
        all.sin_addr.s_addr = 0xFFFFFFFFu;
        memcpy(&request.ifra_mask, &all, sizeof all);
        return ioctl(control4, SIOCAIFADDR, &request);
    }
    struct ifreq request;
    struct sockaddr_in gone = inet4(local);
    name_request(&request, name);
    memcpy(&request.ifr_addr, &gone, sizeof gone);
    (void)peer;
    return ioctl(control4, SIOCDIFADDR, &request);
}

static int address6(const char *name, int add, struct in6_addr local, int prefix, const struct in6_addr *peer)
{
    if (add) {
        struct in6_aliasreq request;
        memset(&request, 0, sizeof request);
        snprintf(request.ifra_name, sizeof request.ifra_name, "%s", name);
        request.ifra_addr.sin6_len = request.ifra_prefixmask.sin6_len = sizeof request.ifra_addr;
        request.ifra_addr.sin6_family = AF_INET6;
        request.ifra_addr.sin6_addr = local;
        if (peer != NULL) {
            request.ifra_dstaddr.sin6_len = sizeof request.ifra_dstaddr;
            request.ifra_dstaddr.sin6_family = AF_INET6;
            request.ifra_dstaddr.sin6_addr = *peer;
        }
        request.ifra_prefixmask.sin6_family = AF_INET6;
        for (int i = 0; i < prefix; i++)
            request.ifra_prefixmask.sin6_addr.s6_addr[i / 8] |= (unsigned char)(0x80 >> (i % 8));
        request.ifra_lifetime.ia6t_vltime = request.ifra_lifetime.ia6t_pltime = 0xFFFFFFFFu;
#ifdef SIOCAIFADDR_IN6
        return ioctl(control6, SIOCAIFADDR_IN6, &request);
#else
        return not_here();
#endif
    }
    struct in6_ifreq request;
    memset(&request, 0, sizeof request);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_addr.sin6_len = sizeof request.ifr_addr;
    request.ifr_addr.sin6_family = AF_INET6;
    request.ifr_addr.sin6_addr = local;
    return ioctl(control6, SIOCDIFADDR_IN6, &request);
}

/* gif(4), whose packets find the lower interface by their route. */
static int over(const char *upper, const char *lower, struct in_addr local, struct in_addr remote)
{
#ifdef SIOCSIFPHYADDR
    struct ifaliasreq request;
    struct sockaddr_in end = inet4(local);
    if (if_nametoindex(lower) == 0) {
        errno = ENXIO;
        return -1;
    }
    if (interface_create(upper) != 0)
        return -1;
    memset(&request, 0, sizeof request);
    snprintf(request.ifra_name, sizeof request.ifra_name, "%s", upper);
    memcpy(&request.ifra_addr, &end, sizeof end);
    end = inet4(remote);
    memcpy(&request.ifra_broadaddr, &end, sizeof end); /* the same place as ifra_dstaddr */
    return ioctl(control4, SIOCSIFPHYADDR, &request);
#else
    (void)upper, (void)lower, (void)local, (void)remote;
    return not_here();
#endif
}

static int route4(const char *name, struct in_addr destination, int prefix)
{
    (void)name, (void)destination, (void)prefix;
    return not_here();
}

static int route6(const char *name, struct in6_addr destination, int prefix)
{
    (void)name, (void)destination, (void)prefix;
    return not_here();
}

static int state(void) { return 0; }

static int call_begin(struct tunnel *t)
{
    (void)t;
    return not_here();
}

static int call_hangup(struct tunnel *t)
{
    (void)t;
    return not_here();
}

#endif

/* tun0 is looked up now, @tun0 is the last index that the list asked for, #3 is that number. */
static unsigned selected(const char *word)
{
    if (*word == '@') {
        struct tunnel *t = tunnel_named(word + 1);
        return t == NULL ? 0 : t->last_index;
    }
    return *word == '#' ? (unsigned)strtoul(word + 1, NULL, 10) : if_nametoindex(word);
}

static int open_socket(const char *name, int family, int type, int protocol)
{
    struct held_socket *s = socket_named(name);
    if (s == NULL)
        return refused("too many sockets", 0);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = socket(family, type, protocol);
    s->protocol = protocol;
    if (s->fd < 0)
        return -1;
    fcntl(s->fd, F_SETFL, O_NONBLOCK);
    return 0;
}

static int descriptor(const char *name)
{
    struct held_socket *s = socket_named(name);
    return s == NULL ? -1 : s->fd;
}

static struct in_addr in4(const char *word)
{
    struct in_addr address;
    address.s_addr = 0;
    if (strcmp(word, "any") != 0)
        inet_pton(AF_INET, word, &address);
    return address;
}

static struct in6_addr in6(const char *word)
{
    struct in6_addr address;
    memset(&address, 0, sizeof address);
    inet_pton(AF_INET6, word, &address);
    return address;
}

static int counted(ssize_t n)
{
    if (n < 0)
        return -1;
    snprintf(detail, sizeof detail, "%d", (int)n);
    return 0;
}

static int send6(char **w, int with_interface)
{
    struct sockaddr_in6 to;
    char payload[] = "hello", room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct iovec vector = { payload, with_interface ? 4 : 5 };
    struct msghdr message;
    memset(&to, 0, sizeof to);
    memset(&message, 0, sizeof message);
    memset(room, 0, sizeof room);
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(521);
    to.sin6_addr = in6(w[2]);
    message.msg_name = &to;
    message.msg_namelen = sizeof to;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (with_interface) {
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = IPPROTO_IPV6;
        head->cmsg_type = IPV6_PKTINFO;
        head->cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));
        ((struct in6_pktinfo *)(void *)CMSG_DATA(head))->ipi6_ifindex = selected(w[3]);
    }
    return counted(sendmsg(descriptor(w[1]), &message, 0));
}

static int drain(const char *name)
{
    struct tunnel *t = tunnel_named(name);
    unsigned char frame[4096];
    char text[INET6_ADDRSTRLEN];
    int frames = 0, used = 0;
    ssize_t n;
    char list[sizeof detail - 16];
    list[0] = 0;
    if (if_nametoindex(name) == 0) {
        errno = ENODEV;
        return -1;
    }
    while (t != NULL && t->fd >= 0 && (n = read(t->fd, frame, sizeof frame)) > 0) {
#ifdef __OpenBSD__
        memmove(frame, frame + 4, (size_t)(n -= 4));
#endif
        frames++;
        if (used + 120 > (int)sizeof list)
            continue;
        if (frame[0] >> 4 == 4) {
            inet_ntop(AF_INET, frame + 16, text, sizeof text);
            used += snprintf(list + used, sizeof list - (size_t)used, "[v4 p%d %dB dst %s] ", frame[9], (int)n, text);
        } else {
            inet_ntop(AF_INET6, frame + 24, text, sizeof text);
            if (frame[6] == 0)
                used += snprintf(list + used, sizeof list - (size_t)used, "[v6 nh0->%d %dB dst %s] ", frame[40], (int)n, text);
            else
                used += snprintf(list + used, sizeof list - (size_t)used, "[v6 nh%d %dB dst %s] ", frame[6], (int)n, text);
        }
    }
    snprintf(detail, sizeof detail, "%d %s", frames, list);
    return 0;
}

static int deliver(const char *name, const char *hex)
{
    struct tunnel *t = tunnel_named(name);
    unsigned char packet[4096];
    size_t n = 0;
    for (; hex[0] != 0 && hex[1] != 0 && n < sizeof packet; hex += 2, n++) {
        char two[3] = { hex[0], hex[1], 0 };
        packet[n] = (unsigned char)strtoul(two, NULL, 16);
    }
    if (t == NULL || t->fd < 0) {
        errno = EBADF;
        return -1;
    }
    return write(t->fd, packet, n) < 0 ? -1 : 0;
}

static int operate(int count, char **w)
{
#define IS(word, words) (strcmp(w[0], word) == 0 && count >= (words))
    struct tunnel *t;
    struct ip_mreq four;
    struct ipv6_mreq six;
    if (IS("create", 2))
        return interface_create(w[1]);
    if (IS("open", 2))
        return (t = tunnel_named(w[1])) == NULL ? refused("too many interfaces", 0) : device_open(t);
    if (IS("ifclose", 2)) {
        if ((t = tunnel_named(w[1])) != NULL && t->fd >= 0) {
            close(t->fd);
            t->fd = -1;
        }
        return 0;
    }
    if (IS("destroy", 2))
        return interface_destroy(w[1]);
    if (IS("call", 2))
        return (t = tunnel_named(w[1])) == NULL ? refused("too many interfaces", 0) : call_begin(t);
    if (IS("hangup", 2))
        return (t = tunnel_named(w[1])) == NULL ? refused("too many interfaces", 0) : call_hangup(t);
    if (IS("index", 2)) {
        unsigned index = if_nametoindex(w[1]);
        if (index == 0)
            return -1;
        if ((t = tunnel_named(w[1])) != NULL)
            t->last_index = index;
        snprintf(detail, sizeof detail, "%u", index);
        return 0;
    }
    if (IS("addr4", 4)) {
        struct in_addr local = in4(w[2]), peer = in4(w[3]);
        struct given *g = given_with(local);
        if (g == NULL && given_count < MAX_GIVEN)
            g = &given[given_count++];
        if (g != NULL) {
            g->local = local;
            g->peer = peer;
        }
        return address4(w[1], 1, local, peer);
    }
    if (IS("deladdr4", 3)) {
        struct in_addr local = in4(w[2]);
        struct given *g = given_with(local);
        return address4(w[1], 0, local, g != NULL ? g->peer : local);
    }
    if (IS("addr6", 4)) {
        struct in6_addr local = in6(w[2]), peer = count > 4 ? in6(w[4]) : in6("::");
        if ((t = tunnel_named(w[1])) != NULL && t->addresses6 < MAX_ADDRESSES) {
            t->local6[t->addresses6] = local;
            t->prefix6[t->addresses6++] = atoi(w[3]);
        }
        return address6(w[1], 1, local, atoi(w[3]), count > 4 ? &peer : NULL);
    }
    if (IS("deladdr6", 3)) {
        /* Linux compares the prefix length too: the last one given with the address. */
        struct in6_addr local = in6(w[2]);
        int prefix = 128;
        if ((t = tunnel_named(w[1])) != NULL)
            for (int i = 0; i < t->addresses6; i++)
                if (memcmp(&t->local6[i], &local, sizeof local) == 0)
                    prefix = t->prefix6[i];
        return address6(w[1], 0, local, prefix, NULL);
    }
    if (IS("up", 2))
        return set_flag(w[1], 1);
    if (IS("down", 2))
        return set_flag(w[1], 0);
    if (IS("raw4", 3))
        return open_socket(w[1], AF_INET, SOCK_RAW, atoi(w[2]));
    if (IS("raw6", 3))
        return open_socket(w[1], AF_INET6, SOCK_RAW, atoi(w[2]));
    if (IS("udp6", 3)) {
        int one = 1;
        struct sockaddr_in6 any;
        memset(&any, 0, sizeof any);
        any.sin6_family = AF_INET6;
        any.sin6_port = htons((unsigned short)atoi(w[2]));
        if (open_socket(w[1], AF_INET6, SOCK_DGRAM, 0) != 0)
            return -1;
        setsockopt(descriptor(w[1]), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        return bind(descriptor(w[1]), (struct sockaddr *)&any, sizeof any);
    }
    if (IS("close", 2)) {
        struct held_socket *s = socket_named(w[1]);
        int result = s == NULL ? -1 : close(s->fd);
        if (s != NULL)
            s->fd = -1;
        return result;
    }
    if (IS("join4", 4) || IS("drop4", 4)) {
        four.imr_multiaddr = in4(w[2]);
        four.imr_interface = in4(w[3]);
        return setsockopt(descriptor(w[1]), IPPROTO_IP, *w[0] == 'j' ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &four, sizeof four);
    }
    if (IS("gjoin4", 4) || IS("gdrop4", 4)) {
        unsigned index = selected(w[3]);
#ifdef MCAST_JOIN_GROUP
        struct group_req group;
        struct sockaddr_in address;
        memset(&group, 0, sizeof group);
        memset(&address, 0, sizeof address);
        address.sin_family = AF_INET;
        address.sin_addr = in4(w[2]);
        group.gr_interface = index;
        memcpy(&group.gr_group, &address, sizeof address);
        return setsockopt(descriptor(w[1]), IPPROTO_IP, w[0][1] == 'j' ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &group, sizeof group);
#else
        /* RFC 1724, 3.3: an address of 0.0.0.N is an index. */
        four.imr_multiaddr = in4(w[2]);
        four.imr_interface.s_addr = htonl(index & 0xFFFFFFu);
        return setsockopt(descriptor(w[1]), IPPROTO_IP, w[0][1] == 'j' ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &four, sizeof four);
#endif
    }
#ifdef IP_ADD_SOURCE_MEMBERSHIP
    if (IS("sjoin4", 5) || IS("sdrop4", 5)) {
        struct ip_mreq_source one;
        memset(&one, 0, sizeof one);
        one.imr_multiaddr = in4(w[2]);
        one.imr_sourceaddr = in4(w[3]);
        one.imr_interface = in4(w[4]);
        return setsockopt(descriptor(w[1]), IPPROTO_IP, w[0][1] == 'j' ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, &one, sizeof one);
    }
#endif
#ifdef MCAST_JOIN_SOURCE_GROUP
    if (IS("sjoin6", 5) || IS("sdrop6", 5)) {
        struct group_source_req one;
        struct sockaddr_in6 address;
        memset(&one, 0, sizeof one);
        memset(&address, 0, sizeof address);
        address.sin6_family = AF_INET6;
        address.sin6_addr = in6(w[2]);
        memcpy(&one.gsr_group, &address, sizeof address);
        address.sin6_addr = in6(w[3]);
        memcpy(&one.gsr_source, &address, sizeof address);
        one.gsr_interface = selected(w[4]);
        return setsockopt(descriptor(w[1]), IPPROTO_IPV6, w[0][1] == 'j' ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &one, sizeof one);
    }
#endif
    if (IS("route4", 4))
        return count > 4 ? not_here() : route4(w[1], in4(w[2]), atoi(w[3]));
    if (IS("route6", 4))
        return route6(w[1], in6(w[2]), atoi(w[3]));
    if (IS("over", 5))
        return tunnel_named(w[1]) == NULL ? refused("too many interfaces", 0) : over(w[1], w[2], in4(w[3]), in4(w[4]));
    if (IS("tcp4", 3)) {
        int one = 1;
        struct sockaddr_in any;
        memset(&any, 0, sizeof any);
        any.sin_family = AF_INET;
        any.sin_port = htons((unsigned short)atoi(w[2]));
        if (open_socket(w[1], AF_INET, SOCK_STREAM, 0) != 0)
            return -1;
        fcntl(descriptor(w[1]), F_SETFL, 0);
        setsockopt(descriptor(w[1]), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        return bind(descriptor(w[1]), (struct sockaddr *)&any, sizeof any) != 0 ? -1 : listen(descriptor(w[1]), 4);
    }
    if (IS("accept4", 3)) {
        struct sockaddr_in there;
        socklen_t length = sizeof there;
        struct held_socket *taken = socket_named(w[2]);
        if (taken == NULL || getsockname(descriptor(w[1]), (struct sockaddr *)&there, &length) != 0)
            return -1;
        there.sin_addr.s_addr = htonl(0x7F000001);
        /* Where the loopback interface is down, it is up for the connection alone. */
        int lifted = loopback_raised();
        int caller = socket(AF_INET, SOCK_STREAM, 0);
        int result = caller < 0 ? -1 : connect(caller, (struct sockaddr *)&there, sizeof there);
        taken->fd = result != 0 ? -1 : accept(descriptor(w[1]), NULL, NULL);
        int saved = errno;
        if (caller >= 0)
            close(caller);
        if (lifted)
            set_flag(LOOPBACK, 0);
        errno = saved;
        return taken->fd < 0 ? -1 : 0;
    }
    if (IS("join6", 4) || IS("drop6", 4)) {
        six.ipv6mr_multiaddr = in6(w[2]);
        six.ipv6mr_interface = selected(w[3]);
        return setsockopt(descriptor(w[1]), IPPROTO_IPV6, *w[0] == 'j' ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &six, sizeof six);
    }
    if (IS("mcif4", 3)) {
        struct in_addr local = in4(w[2]);
        return setsockopt(descriptor(w[1]), IPPROTO_IP, IP_MULTICAST_IF, &local, sizeof local);
    }
    if (IS("mcif6", 3)) {
        unsigned index = selected(w[2]);
        return setsockopt(descriptor(w[1]), IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
    }
    if (IS("getmcif4", 2)) {
        struct in_addr local;
        socklen_t length = sizeof local;
        local.s_addr = 0;
        if (getsockopt(descriptor(w[1]), IPPROTO_IP, IP_MULTICAST_IF, &local, &length) != 0)
            return -1;
        inet_ntop(AF_INET, &local, detail, sizeof detail);
        return 0;
    }
    if (IS("getmcif6", 2)) {
        unsigned index = 0;
        socklen_t length = sizeof index;
        if (getsockopt(descriptor(w[1]), IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, &length) != 0)
            return -1;
        snprintf(detail, sizeof detail, "%u", index);
        return 0;
    }
    if (IS("send4", 3)) {
        struct sockaddr_in to;
        memset(&to, 0, sizeof to);
        to.sin_family = AF_INET;
        to.sin_addr = in4(w[2]);
        return counted(sendto(descriptor(w[1]), "hello", 5, 0, (struct sockaddr *)&to, sizeof to));
    }
    if (IS("send6", 3) || IS("sendpkt6", 4))
        return send6(w, strcmp(w[0], "sendpkt6") == 0);
    if (IS("drain", 2))
        return drain(w[1]);
    if (IS("deliver", 3) || IS("enqueue", 3))
        return deliver(w[1], w[2]);
    if (IS("state", 1))
        return state();
    if (IS("tick", 2) || IS("sleep", 2)) {
        long long ms = atoll(w[1]);
        struct timespec wait = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
        while (nanosleep(&wait, &wait) != 0 && errno == EINTR)
            ;
        return 0;
    }
    if (IS("softint", 1))
        return 0;
    return not_here();
}

static const char *error_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        { EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { ENXIO, "ENXIO" }, { EBADF, "EBADF" }, { EAGAIN, "EAGAIN" }, { ENOMEM, "ENOMEM" }, { EACCES, "EACCES" },
        { EBUSY, "EBUSY" }, { EEXIST, "EEXIST" }, { ENODEV, "ENODEV" }, { EINVAL, "EINVAL" }, { ENOTTY, "ENOTTY" }, { ENOSYS, "ENOSYS" },
        { ENOPROTOOPT, "ENOPROTOOPT" }, { EOPNOTSUPP, "EOPNOTSUPP" }, { EADDRINUSE, "EADDRINUSE" }, { EADDRNOTAVAIL, "EADDRNOTAVAIL" },
        { ENETDOWN, "ENETDOWN" }, { ENETUNREACH, "ENETUNREACH" }, { ENOBUFS, "ENOBUFS" }, { EHOSTUNREACH, "EHOSTUNREACH" }, { EIO, "EIO" },
        { EDESTADDRREQ, "EDESTADDRREQ" }, { EMSGSIZE, "EMSGSIZE" }, { ECONNREFUSED, "ECONNREFUSED" }, { ENETRESET, "ENETRESET" }, { EPROTO, "EPROTO" }, { ENOTCONN, "ENOTCONN" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
    return "E";
}

static void clean_up(void)
{
    for (int i = 0; i < socket_count; i++)
        if (sockets[i].fd >= 0)
            close(sockets[i].fd);
    for (int i = 0; i < tunnel_count; i++) {
        call_hangup(&tunnels[i]);
        if (if_nametoindex(tunnels[i].name) != 0)
            interface_destroy(tunnels[i].name);
        if (tunnels[i].fd >= 0)
            close(tunnels[i].fd);
    }
    socket_count = tunnel_count = given_count = step = 0;
}

#ifdef __linux__
/* Line by line, and in one write each, so that nothing gets between. */
static void account_file(const char *title, const char *path)
{
    char line[256], text[320];
    FILE *file = fopen(path, "r");
    for (int n = 0; file != NULL && fgets(line, sizeof line, file) != NULL; n++) {
        line[strcspn(line, "\n")] = 0;
        /* The first line of these files names the columns; igmp6 and ipv6_route have none. */
        if (n == 0 && strchr(title, '6') == NULL)
            continue;
        int length = snprintf(text, sizeof text, "account: %-6s %s\n", title, line);
        if (length > 0 && write(1, text, (size_t)(length < (int)sizeof text ? length : (int)sizeof text - 1)) < 0)
            break;
    }
    if (file != NULL)
        fclose(file);
}

/* Every so many seconds an account of the kernel: interfaces and addresses, routes, memberships, sockets. It never ends. */
static int give_accounts(unsigned every)
{
    for (;;) {
        char text[160];
        struct timespec now;
        struct ifaddrs *all = NULL;
        sleep(every);
        clock_gettime(CLOCK_MONOTONIC, &now);
        int length = snprintf(text, sizeof text, "account: up %lld s\n", (long long)now.tv_sec);
        if (write(1, text, (size_t)length) < 0)
            return 1;
        if (getifaddrs(&all) == 0) {
            for (struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
                char address[INET6_ADDRSTRLEN] = "-", peer[INET6_ADDRSTRLEN + 4] = "";
                if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET) {
                    inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr, address, sizeof address);
                    if ((a->ifa_flags & IFF_POINTOPOINT) != 0 && a->ifa_dstaddr != NULL) {
                        memcpy(peer, " -> ", 4);
                        inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)a->ifa_dstaddr)->sin_addr, peer + 4, sizeof peer - 4);
                    }
                } else if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET6) {
                    inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)a->ifa_addr)->sin6_addr, address, sizeof address);
                }
                length = snprintf(text, sizeof text, "account: if     %u %s %s %s%s\n", if_nametoindex(a->ifa_name), a->ifa_name, (a->ifa_flags & IFF_UP) != 0 ? "up" : "down", address, peer);
                if (write(1, text, (size_t)length) < 0)
                    break;
            }
            freeifaddrs(all);
        }
        account_file("route", "/proc/net/route");
        account_file("route6", "/proc/net/ipv6_route");
        account_file("igmp", "/proc/net/igmp");
        account_file("igmp6", "/proc/net/igmp6");
        account_file("raw", "/proc/net/raw");
        account_file("udp", "/proc/net/udp");
        account_file("tcp", "/proc/net/tcp");
        if (write(1, "account: end\n", 13) < 0)
            return 1;
    }
}
#else
static int give_accounts(unsigned every)
{
    (void)every;
    fprintf(stderr, "stress-agent: --account is for Linux\n");
    return 2;
}
#endif

#ifdef __linux__
/* PCs that an operation may reach, and edges that are told apart in the life of this process; what is beyond is not seen. */
#define COVER_PCS (1 << 17)
#define COVER_EDGES (1 << 16)
#define COVER_LINE 900

static unsigned long *cover_area;
static unsigned (*cover_seen)[2], cover_count;

/* The kernel writes to the area which blocks are reached: their number, then their addresses. */
static int cover_open(void)
{
    int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, (unsigned long)COVER_PCS) != 0)
        return -1;
    void *area = mmap(NULL, COVER_PCS * sizeof *cover_area, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cover_seen = calloc(COVER_EDGES, sizeof *cover_seen);
    if (area == MAP_FAILED || cover_seen == NULL || ioctl(fd, KCOV_ENABLE, (unsigned long)KCOV_TRACE_PC) != 0)
        return -1;
    cover_area = area;
    return 0;
}

/* 1 for an edge that is reached for the first time. */
static int cover_is_new(unsigned from, unsigned to)
{
    unsigned long long hash = ((unsigned long long)from << 32 | to) * 0x9e3779b97f4a7c15ULL;
    unsigned at = (unsigned)(hash >> 40) & (COVER_EDGES - 1);
    for (; cover_seen[at][1] != 0; at = (at + 1) & (COVER_EDGES - 1))
        if (cover_seen[at][0] == from && cover_seen[at][1] == to)
            return 0;
    if (cover_count >= COVER_EDGES / 4 * 3)
        return 0;
    cover_seen[at][0] = from;
    cover_seen[at][1] = to;
    cover_count++;
    return 1;
}

/* In one write, so that nothing gets between. */
static int cover_line(char *text, int length)
{
    text[length] = '\n';
    fflush(stdout);
    return write(1, text, (size_t)length + 1) < 0 ? -1 : 0;
}

/* The new edges since the last report: chains of an address and the way to each next one, in hexadecimal, as in "60001000+1c-8". */
static void cover_report(const char *prefix)
{
    if (cover_area == NULL)
        return;
    char text[COVER_LINE + 64];
    int length = 0, start = (int)strlen(prefix);
    unsigned long count = __atomic_load_n(&cover_area[0], __ATOMIC_RELAXED);
    unsigned from = 0, end = 0;
    for (unsigned long i = 1; i <= count; i++) {
        unsigned to = (unsigned)cover_area[i];
        if (cover_is_new(from, to)) {
            if (length == 0)
                length = sprintf(text, "%s", prefix);
            if (length == start || end != from)
                length += sprintf(text + length, " %x", from);
            length += to >= from ? sprintf(text + length, "+%x", to - from) : sprintf(text + length, "-%x", from - to);
            end = to;
            if (length > COVER_LINE) {
                if (cover_line(text, length) != 0)
                    break;
                length = 0;
            }
        }
        from = to;
    }
    if (length > 0)
        (void)cover_line(text, length);
    __atomic_store_n(&cover_area[0], 0, __ATOMIC_RELAXED);
}
#else
static int cover_open(void)
{
    errno = ENOSYS;
    return -1;
}

static void cover_report(const char *prefix) { (void)prefix; }
#endif

static void open_control(int loopback)
{
    control4 = socket(AF_INET, SOCK_DGRAM, 0);
    control6 = socket(AF_INET6, SOCK_DGRAM, 0);
    if (loopback)
        set_flag(LOOPBACK, 1);
#ifdef __linux__
    route_socket = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
#endif
}

#ifdef __linux__
static int leave_namespace(void)
{
    struct timespec second = { 1, 0 };
    close(control4);
    close(control6);
    close(route_socket);
    if (unshare(CLONE_NEWNET) != 0)
        return -1;
    nanosleep(&second, NULL);
    open_control(1);
    return 0;
}

/* Before every thread of the kernel: a worker that is woken may otherwise take the processor between two operations, as the release's scheduler weighs them. */
static int go_ahead(void)
{
    struct sched_param first = { .sched_priority = 1 };
    return sched_setscheduler(0, SCHED_FIFO, &first);
}
#else
static int leave_namespace(void)
{
    errno = ENOSYS;
    return -1;
}

static int go_ahead(void)
{
    errno = ENOSYS;
    return -1;
}
#endif

int main(int arguments, char **argument)
{
    if (arguments == 3 && strcmp(argument[1], "--account") == 0)
        return give_accounts((unsigned)strtoul(argument[2], NULL, 10));
    char line[16384], text[16384], *words[8];
    int fresh = 0, loopback = 0, cover = 0, lists = 0;
    for (int i = 1; i < arguments; i++) {
        if (strcmp(argument[i], "--ahead") == 0 && go_ahead() != 0) {
            perror("stress-agent: --ahead");
            return 2;
        }
        fresh |= strcmp(argument[i], "--fresh") == 0;
        loopback |= strcmp(argument[i], "--loopback") == 0;
        cover |= strcmp(argument[i], "--cover") == 0;
    }
    open_control(fresh || loopback);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (cover && cover_open() != 0) {
        perror("stress-agent: --cover");
        return 2;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        char *start = line + strspn(line, " \t"), *comment = strstr(start, " # ");
        if (strncmp(start, "===", 3) == 0) {
            clean_up();
            if (fresh && leave_namespace() != 0) {
                perror("stress-agent: --fresh");
                return 2;
            }
            /* What is done for the first list is the first list's; later, what was done with the one before is that one's. */
            if (lists++ > 0)
                cover_report("clean:");
            printf("%s\n", start);
            cover_report("cover:");
            continue;
        }
        if (comment != NULL)
            *comment = 0;
        for (size_t n = strlen(start); n > 0 && (start[n - 1] == ' ' || start[n - 1] == '\t'); n--)
            start[n - 1] = 0;
        if (*start == 0 || (*start == '#' && (start[1] == ' ' || start[1] == 0)))
            continue;
        snprintf(text, sizeof text, "%s", start);
        int count = 0;
        for (char *word = strtok(start, " \t"); word != NULL && count < 8; word = strtok(NULL, " \t"))
            words[count++] = word;
        detail[0] = 0;
        own_error = NULL;
        errno = 0;
        step++;
        int value = operate(count, words), number = errno;
        printf("%2d  %-44s -> %d", step, text, value);
        if (value < 0 && own_error != NULL)
            printf(" %s(%d)", own_error, own_number);
        else if (value < 0)
            printf(" %s(%d)", error_name(number), number);
        if (detail[0] != 0)
            printf("  [%s]", detail);
        printf("\n");
        fflush(stdout);
        cover_report("cover:");
    }
    clean_up();
    cover_report("clean:");
    printf("END normal\n");
    return 0;
}
