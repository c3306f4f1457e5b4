/*
 * Executes lists of operations on lwIP, each in a process of its own that is forked from one in which lwIP has just been started. The lists come on the standard
 * input, an operation a line, behind a line "=== NAME" each; the answer is the line "=== NAME", a line "WORD ERROR" for each operation (0 where it succeeded,
 * "rule" where a rule of lwIP's interface forbids it at that point: it is not executed), what AddressSanitizer says behind "! ", and "--- STATUS". At its end everything is taken down in the order that the rules ask for, and 40 seconds pass.
 *
 * Only what lwIP's documentation allows is done. The rules, and where they stand:
 *   netif_remove      no PPP session and no multicast DNS responder uses the interface any more; DHCP and AutoIP were stopped on it (dhcp.h, autoip.h: the structures
 *                     hang at the interface). Its memory is the application's again when netif_remove has returned (netif.c).
 *   input             frames come in on an interface that is in the list, up or not: an Ethernet driver may have frames at hand when the interface goes down.
 *   ppp_connect, ppp_listen   in the dead phase only; the function says ERR_ALREADY otherwise (doc/ppp.txt, "can only be called if PPP session is in the dead state").
 *   ppp_close         at any time (doc/ppp.txt, "You can call this function at anytime").
 *   ppp_free          in the dead phase, after ppp_close, and in the status callback on PPPERR_USER (doc/ppp.txt, the example: "ppp_free(); -- can be called here").
 *                     After it the control block is not used; the interface's memory is freed when lwIP has returned from everything.
 *   the status callback   on an error other than PPPERR_USER it may connect or listen again (the same example).
 *   pppos_input       from the main loop, never from a callback (doc/ppp.txt, part 3). Not for a control block that has been freed.
 *   udp, raw, tcp     a control block is not used after udp_remove, raw_remove, tcp_close, tcp_abort or the error callback (tcp.h).
 *   memberships       by igmp_joingroup_netif and mld6_joingroup_netif on an interface in the list.
 *   DHCPv6            dhcp6_disable and dhcp6_cleanup before netif_remove, dhcp_cleanup after dhcp_stop (dhcp6.h, dhcp.h).
 * C99 with the sanitizer's own interface; one thread.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include "lwip/apps/mdns.h"
#include "lwip/autoip.h"
#include "lwip/dhcp.h"
#include "lwip/dhcp6.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/icmp.h"
#include "lwip/igmp.h"
#include "lwip/inet_chksum.h"
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/mld6.h"
#include "lwip/netif.h"
#include "lwip/raw.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"
#include "netif/ppp/pppapi.h"
#include "netif/ppp/pppoe.h"
#include "netif/ppp/pppol2tp.h"
#include "netif/ppp/pppos.h"

#define NETIFS 4
#define SOCKETS 4
#define SESSIONS 3
#define QUEUE 512
#define FRAME 1600
#define RULE (-1000)
#define NONE (-1001)

static u32_t now;
static unsigned random_state = 1;

u32_t sys_now(void) { return now; }
u32_t sys_jiffies(void) { return now; }

unsigned fuzz_random(void)
{
    random_state = random_state * 1103515245u + 12345u;
    return random_state >> 8 ^ random_state << 16;
}

/* --- what lwIP holds --- */

#define HELD 8192

static struct held {
    void *memory;
    int at_start;
} held[HELD];
static int holding;

void *fuzz_malloc(size_t size)
{
    void *memory = malloc(size);
    if (memory != NULL && holding < HELD)
        held[holding++] = (struct held){ memory, 0 };
    return memory;
}

void *fuzz_calloc(size_t count, size_t size)
{
    void *memory = fuzz_malloc(count * size);
    return memory == NULL ? NULL : memset(memory, 0, count * size);
}

void fuzz_free(void *memory)
{
    for (int i = holding - 1; i >= 0; i--)
        if (held[i].memory == memory) {
            held[i] = held[--holding];
            break;
        }
    free(memory);
}

static int is_timer(const void *memory)
{
    for (struct sys_timeo *t = *sys_timeouts_get_next_timeout(); t != NULL; t = t->next)
        if ((const void *)t == memory)
            return 1;
    return 0;
}

/* The stacks of what was allocated in the list and is neither free nor a timer that runs; one line a frame, as in a report. */
static void tell_held(void)
{
    for (int i = 0; i < holding; i++) {
        void *trace[14];
        int thread;
        if (held[i].at_start || is_timer(held[i].memory))
            continue;
        size_t n = __asan_get_alloc_stack(held[i].memory, trace, 14, &thread);
        fprintf(stderr, "held at the end:\n");
        for (size_t f = 0; f < n; f++) {
            char text[256];
            __sanitizer_symbolize_pc(trace[f], "in %f", text, sizeof text);
            fprintf(stderr, "    #%d 0x0 %s\n", (int)f, text);
        }
    }
}

/* --- what is on its way to lwIP from the far ends --- */

static struct pending {
    int netif, session, length;
    u8_t *bytes;
} queue[QUEUE];
static int queued, taken;

static void enqueue(int netif, int session, const u8_t *bytes, int length)
{
    if (queued - taken >= QUEUE)
        return;
    struct pending *p = &queue[queued++ % QUEUE];
    p->netif = netif;
    p->session = session;
    p->length = length;
    p->bytes = malloc((size_t)length + 1);
    memcpy(p->bytes, bytes, (size_t)length);
}

/* --- interfaces --- */

static struct slot {
    struct netif *netif;
    int ethernet, dhcp, autoip, mdns;
} slots[NETIFS];

static int silent;

static void answer_frame(int n, const u8_t *frame, int length);
static void answer_packet(int n, const u8_t *mac, const u8_t *packet, int length);

static int slot_of(const struct netif *netif)
{
    for (int i = 0; i < NETIFS; i++)
        if (slots[i].netif == netif)
            return i;
    return -1;
}

static err_t link_output(struct netif *netif, struct pbuf *p)
{
    u8_t frame[FRAME];
    int n = slot_of(netif), length = pbuf_copy_partial(p, frame, sizeof frame, 0);
    if (n >= 0 && !silent)
        answer_frame(n, frame, length);
    return ERR_OK;
}

static err_t packet_output(struct netif *netif, struct pbuf *p)
{
    u8_t packet[FRAME];
    int n = slot_of(netif), length = pbuf_copy_partial(p, packet, sizeof packet, 0);
    if (n >= 0 && !silent)
        answer_packet(n, NULL, packet, length);
    return ERR_OK;
}

static err_t packet_output4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to) { (void)to; return packet_output(netif, p); }
static err_t packet_output6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to) { (void)to; return packet_output(netif, p); }

static err_t start_ethernet(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, "\x02\0\0\0\0", 5);
    netif->hwaddr[5] = (u8_t)(uintptr_t)netif->state;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = link_output;
    return ERR_OK;
}

static err_t start_point_to_point(struct netif *netif)
{
    netif->name[0] = 'p';
    netif->name[1] = 't';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_LINK_UP | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->output = packet_output4;
    netif->output_ip6 = packet_output6;
    return ERR_OK;
}

/* --- PPP sessions --- */

enum transport { ON_SERIAL, ON_ETHERNET, ON_L2TP };
enum at_end { END_NOTHING, END_FREE, END_CONNECT, END_LISTEN };

static struct session {
    ppp_pcb *pcb;
    struct netif *netif;
    enum transport transport;
    enum at_end at_end;
    int lower, deaf, auth, required;
    u8_t id, asked, acknowledged, mute;
    /* the serial line's frame as it comes out */
    u8_t line[FRAME];
    int line_length, line_escaped;
    /* what the far end knows of the session */
    u8_t unique[16], ours[6];
    int unique_length;
    u16_t number, l2tp_tunnel, l2tp_session, l2tp_port, ns, nr;
} sessions[SESSIONS];

static struct netif *leftover[16];
static int leftovers;

static void free_leftovers(void)
{
    while (leftovers > 0)
        free(leftover[--leftovers]);
}

static int session_free(struct session *s)
{
    struct netif *netif = s->netif;
    int result = ppp_free(s->pcb);
    if (result != ERR_OK)
        return result;
    s->pcb = NULL;
    s->netif = NULL;
    if (leftovers < 16)
        leftover[leftovers++] = netif;
    return result;
}

static void session_status(ppp_pcb *pcb, int code, void *context)
{
    struct session *s = context;
    if (code == PPPERR_NONE)
        return;
    s->asked = s->acknowledged = 0;
    s->line_length = 0;
    if (code == PPPERR_USER) {
        if (s->at_end == END_FREE && s->pcb == pcb)
            session_free(s);
    } else if (s->at_end == END_CONNECT) {
        ppp_connect(pcb, 5);
    } else if (s->at_end == END_LISTEN) {
        ppp_listen(pcb);
    }
}

static u16_t get16(const u8_t *p) { return (u16_t)(p[0] << 8 | p[1]); }
static void put16(u8_t *p, unsigned value) { p[0] = (u8_t)(value >> 8); p[1] = (u8_t)value; }

static u16_t fcs16(const u8_t *p, int length)
{
    unsigned fcs = 0xffff;
    while (length-- > 0) {
        fcs ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            fcs = fcs & 1 ? fcs >> 1 ^ 0x8408 : fcs >> 1;
    }
    return (u16_t)~fcs;
}

static const u8_t far_mac[6] = { 2, 1, 1, 1, 1, 1 };

static int checksum(const u8_t *p, int length, unsigned sum)
{
    for (; length > 1; p += 2, length -= 2)
        sum += get16(p);
    if (length > 0)
        sum += (unsigned)*p << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (int)(~sum & 0xffff);
}

/* An Ethernet frame to interface n. */
static void frame_to(int n, const u8_t *to, int type, const u8_t *payload, int length)
{
    u8_t frame[FRAME];
    memcpy(frame, to, 6);
    memcpy(frame + 6, far_mac, 6);
    put16(frame + 12, (unsigned)type);
    memcpy(frame + 14, payload, (size_t)length);
    enqueue(n, -1, frame, length + 14);
}

static const u8_t *mac_of(int n) { return slots[n].netif->hwaddr; }

/* An IPv4 packet to interface n, in a frame where it is an Ethernet. */
static void packet4_to(int n, const u8_t *from, const u8_t *to, int protocol, int ttl, int fragment, const u8_t *payload, int length)
{
    u8_t packet[FRAME] = { 0x45 };
    static const u8_t all[6] = { 255, 255, 255, 255, 255, 255 };
    put16(packet + 2, (unsigned)length + 20);
    put16(packet + 4, 0x1234);
    put16(packet + 6, (unsigned)fragment);
    packet[8] = (u8_t)ttl;
    packet[9] = (u8_t)protocol;
    memcpy(packet + 12, from, 4);
    memcpy(packet + 16, to, 4);
    put16(packet + 10, (unsigned)checksum(packet, 20, 0));
    memcpy(packet + 20, payload, (size_t)length);
    if (slots[n].ethernet) {
        u8_t group[6] = { 1, 0, 0x5e, to[1] & 0x7f, to[2], to[3] };
        frame_to(n, to[0] >= 224 && to[0] < 240 ? group : to[0] == 255 ? all : mac_of(n), 0x800, packet, length + 20);
    } else {
        enqueue(n, -1, packet, length + 20);
    }
}

static void udp4_to(int n, const u8_t *from, const u8_t *to, int source, int port, const u8_t *payload, int length)
{
    u8_t datagram[FRAME];
    put16(datagram, (unsigned)source);
    put16(datagram + 2, (unsigned)port);
    put16(datagram + 4, (unsigned)length + 8);
    put16(datagram + 6, 0);
    memcpy(datagram + 8, payload, (size_t)length);
    packet4_to(n, from, to, 17, 64, 0, datagram, length + 8);
}

static void packet6_to(int n, const u8_t *from, const u8_t *to, int next, int hops, const u8_t *payload, int length)
{
    u8_t packet[FRAME] = { 0x60 };
    put16(packet + 4, (unsigned)length);
    packet[6] = (u8_t)next;
    packet[7] = (u8_t)hops;
    memcpy(packet + 8, from, 16);
    memcpy(packet + 24, to, 16);
    memcpy(packet + 40, payload, (size_t)length);
    if (slots[n].ethernet) {
        u8_t group[6] = { 0x33, 0x33, to[12], to[13], to[14], to[15] };
        frame_to(n, to[0] == 0xff ? group : mac_of(n), 0x86dd, packet, length + 40);
    } else {
        enqueue(n, -1, packet, length + 40);
    }
}

static void icmp6_to(int n, const u8_t *from, const u8_t *to, u8_t *message, int length)
{
    u8_t pseudo[40] = { 0 };
    memcpy(pseudo, from, 16);
    memcpy(pseudo + 16, to, 16);
    put16(pseudo + 34, (unsigned)length);
    pseudo[39] = 58;
    put16(message + 2, 0);
    put16(message + 2, (unsigned)checksum(message, length, (unsigned)(0xffff & ~checksum(pseudo, 40, 0))));
    packet6_to(n, from, to, 58, 255, message, length);
}

/* A PPP frame (protocol first) from the far end of a session. */
static void ppp_to(struct session *s, const u8_t *frame, int length)
{
    u8_t bytes[2 * FRAME + 8];
    int n = 0;
    if (s->pcb == NULL)
        return;
    if (s->transport == ON_SERIAL) {
        u8_t whole[FRAME + 8];
        memcpy(whole, "\xff\x03", 2);
        memcpy(whole + 2, frame, (size_t)length);
        u16_t fcs = fcs16(whole, length + 2);
        whole[length + 2] = (u8_t)fcs;
        whole[length + 3] = (u8_t)(fcs >> 8);
        bytes[n++] = 0x7e;
        for (int i = 0; i < length + 4; i++) {
            if (whole[i] < 0x20 || whole[i] == 0x7d || whole[i] == 0x7e) {
                bytes[n++] = 0x7d;
                bytes[n++] = whole[i] ^ 0x20;
            } else {
                bytes[n++] = whole[i];
            }
        }
        bytes[n++] = 0x7e;
        enqueue(-1, (int)(s - sessions), bytes, n);
    } else if (s->transport == ON_ETHERNET) {
        if (slots[s->lower].netif == NULL)
            return;
        bytes[0] = 0x11;
        bytes[1] = 0;
        put16(bytes + 2, s->number);
        put16(bytes + 4, (unsigned)length);
        memcpy(bytes + 6, frame, (size_t)length);
        frame_to(s->lower, mac_of(s->lower), 0x8864, bytes, length + 6);
    } else if (slots[s->lower].netif != NULL && s->l2tp_port != 0) {
        put16(bytes, 0x0002);
        put16(bytes + 2, s->l2tp_tunnel);
        put16(bytes + 4, s->l2tp_session);
        memcpy(bytes + 6, frame, (size_t)length);
        const u8_t from[4] = { 10, (u8_t)s->lower, 0, 2 };
        udp4_to(s->lower, from, (const u8_t *)netif_ip4_addr(slots[s->lower].netif), 1701, s->l2tp_port, bytes, length + 6);
    }
}

static void control_to(struct session *s, int protocol, int code, int id, const u8_t *data, int length)
{
    u8_t frame[FRAME];
    put16(frame, (unsigned)protocol);
    frame[2] = (u8_t)code;
    frame[3] = (u8_t)id;
    put16(frame + 4, (unsigned)length + 4);
    memcpy(frame + 6, data, (size_t)length);
    ppp_to(s, frame, length + 6);
}

/* The far end's own request: a magic number, and the authentication that it asks for. */
static void lcp_request(struct session *s)
{
    u8_t options[16];
    int n = 0;
    memcpy(options, "\x05\x06\x11\x22\x33\x44", 6);
    n = 6;
    if (s->auth == 1) {
        memcpy(options + n, "\x03\x04\xc0\x23", 4);
        n += 4;
    } else if (s->auth == 2) {
        memcpy(options + n, "\x03\x05\xc2\x23\x05", 5);
        n += 5;
    } else if (s->auth == 3) {
        memcpy(options + n, "\x03\x04\xc2\x27", 4);
        n += 4;
    }
    control_to(s, 0xc021, 1, ++s->id, options, n);
}

static void pap_request(struct session *s) { control_to(s, 0xc023, 1, ++s->id, (const u8_t *)"\x05login\x08password", 15); }
static void chap_challenge(struct session *s) { control_to(s, 0xc223, 1, ++s->id, (const u8_t *)"\x10" "0123456789abcdef" "far", 20); }
static void eap_request(struct session *s) { control_to(s, 0xc227, 1, ++s->id, (const u8_t *)"\x01who", 4); }

/* What the far end makes of a frame of lwIP's: it agrees to everything, once. */
static void answer_ppp(struct session *s, const u8_t *frame, int length)
{
    if (s->deaf || silent || length < 6)
        return;
    int protocol = get16(frame), code = frame[2], id = frame[3], data = get16(frame + 4) - 4;
    const u8_t *options = frame + 6;
    if (protocol < 0x8000 || data < 0 || data > length - 6)
        return;
    if (code == 1 && (protocol == 0xc021 || protocol == 0x8021 || protocol == 0x8057 || protocol == 0x80fd)) {
        int zero = protocol == 0x8021 && data >= 6 && memchr(options, 3, (size_t)data) != NULL && memmem(options, (size_t)data, "\x03\x06\0\0\0\0", 6) != NULL;
        if (protocol == 0x80fd)
            control_to(s, protocol, data > 0 ? 4 : 2, id, options, data);
        else if (zero)
            control_to(s, protocol, 3, id, (const u8_t *)"\x03\x06\x0a\x40\x40\x02", 6);
        else
            control_to(s, protocol, 2, id, options, data);
        if (protocol == 0xc021 && !(s->asked & 1)) {
            s->asked |= 1;
            lcp_request(s);
        } else if (protocol == 0x8021 && !(s->asked & 2)) {
            s->asked |= 2;
            control_to(s, 0x8021, 1, ++s->id, (const u8_t *)"\x03\x06\x0a\x40\x40\x01", 6);
        } else if (protocol == 0x8057 && !(s->asked & 4)) {
            s->asked |= 4;
            control_to(s, 0x8057, 1, ++s->id, (const u8_t *)"\x01\x0a\0\0\0\0\0\0\0\x77", 10);
        }
    } else if (code == 2 && protocol == 0xc021) {
        if (s->required)
            pap_request(s);
        if (s->auth == 2)
            chap_challenge(s);
        if (s->auth == 3)
            eap_request(s);
    } else if (code == 1 && protocol == 0xc023) {
        control_to(s, 0xc023, 2, id, (const u8_t *)"\x02ok", 3);
    } else if (code == 1 && protocol == 0xc223) {
        control_to(s, 0xc223, 2, id, (const u8_t *)"\x10" "0123456789abcdef" "far", 20);
    } else if (code == 2 && protocol == 0xc223) {
        control_to(s, 0xc223, 3, id, (const u8_t *)"ok", 2);
    } else if (code == 2 && protocol == 0xc227) {
        control_to(s, 0xc227, 3, id, options, 0);
    } else if (code == 5) {
        control_to(s, protocol, 6, id, options, 0);
        s->asked = 0;
    } else if (code == 9 && protocol == 0xc021) {
        control_to(s, 0xc021, 10, id, (const u8_t *)"\x11\x22\x33\x44", 4);
    }
}

static u32_t serial_output(ppp_pcb *pcb, u8_t *data, u32_t length, void *context)
{
    struct session *s = context;
    (void)pcb;
    for (u32_t i = 0; i < length; i++) {
        u8_t c = data[i];
        if (c == 0x7e) {
            int skip = s->line_length > 2 && s->line[0] == 0xff ? 2 : 0, n = s->line_length - skip - 2;
            s->line_length = s->line_escaped = 0;
            if (n > 0 && (s->line[skip] & 1) == 0)
                answer_ppp(s, s->line + skip, n);
        } else if (c == 0x7d) {
            s->line_escaped = 1;
        } else if (s->line_length < FRAME) {
            s->line[s->line_length++] = s->line_escaped ? c ^ 0x20 : c;
            s->line_escaped = 0;
        }
    }
    return length;
}

/* --- PPPoE and L2TP at the far end --- */

static void discovery_to(struct session *s, int code)
{
    u8_t bytes[64];
    int n = 6;
    if (slots[s->lower].netif == NULL)
        return;
    bytes[0] = 0x11;
    bytes[1] = (u8_t)code;
    put16(bytes + 2, code == 0x65 || code == 0xa7 ? s->number : 0);
    if (s->unique_length > 0) {
        put16(bytes + n, 0x0103);
        put16(bytes + n + 2, (unsigned)s->unique_length);
        memcpy(bytes + n + 4, s->unique, (size_t)s->unique_length);
        n += 4 + s->unique_length;
    }
    put16(bytes + n, 0x0101);
    put16(bytes + n + 2, 0);
    n += 4;
    put16(bytes + 4, (unsigned)n - 6);
    frame_to(s->lower, mac_of(s->lower), 0x8863, bytes, n);
}

static void answer_discovery(int n, const u8_t *payload, int length)
{
    for (int off = 6; off + 4 <= length; off += 4 + get16(payload + off + 2)) {
        int size = get16(payload + off + 2);
        if (get16(payload + off) != 0x0103 || off + 4 + size > length || size > 16)
            continue;
        for (int i = 0; i < SESSIONS; i++) {
            struct session *s = &sessions[i];
            /* The unique of a session is told from that of another by the first time that it is seen: one session on an interface begins at a time. */
            if (s->pcb == NULL || s->transport != ON_ETHERNET || s->lower != n || (s->unique_length > 0 && memcmp(s->unique, payload + off + 4, (size_t)size) != 0))
                continue;
            memcpy(s->unique, payload + off + 4, (size_t)size);
            s->unique_length = size;
            if (s->number == 0)
                s->number = (u16_t)(0x100 + i);
            if (!s->deaf)
                discovery_to(s, payload[1] == 0x09 ? 0x07 : 0x65);
            return;
        }
    }
}

static int avp(u8_t *at, int type, const u8_t *value, int length)
{
    put16(at, 0x8000u | (unsigned)(length + 6));
    put16(at + 2, 0);
    put16(at + 4, (unsigned)type);
    memcpy(at + 6, value, (size_t)length);
    return length + 6;
}

static void l2tp_to(struct session *s, int message)
{
    u8_t bytes[256], two[4];
    int n = 12;
    put16(bytes, 0xc802);
    if (message != 0) {
        put16(two, (unsigned)message);
        n += avp(bytes + n, 0, two, 2);
    }
    if (message == 2) {
        n += avp(bytes + n, 2, (const u8_t *)"\x01\0", 2);
        n += avp(bytes + n, 3, (const u8_t *)"\0\0\0\3", 4);
        n += avp(bytes + n, 7, (const u8_t *)"far", 3);
        n += avp(bytes + n, 9, (const u8_t *)"\0\x21", 2);
    } else if (message == 11) {
        n += avp(bytes + n, 14, (const u8_t *)"\0\x22", 2);
    } else if (message == 4) {
        n += avp(bytes + n, 1, (const u8_t *)"\0\1", 2);
        n += avp(bytes + n, 9, (const u8_t *)"\0\x21", 2);
    }
    put16(bytes + 2, (unsigned)n);
    put16(bytes + 4, s->l2tp_tunnel);
    put16(bytes + 6, message == 2 || message == 4 ? 0 : s->l2tp_session);
    put16(bytes + 8, s->ns);
    put16(bytes + 10, s->nr);
    if (message != 0)
        s->ns++;
    const u8_t from[4] = { 10, (u8_t)s->lower, 0, 2 };
    if (slots[s->lower].netif != NULL && s->l2tp_port != 0)
        udp4_to(s->lower, from, (const u8_t *)netif_ip4_addr(slots[s->lower].netif), 1701, s->l2tp_port, bytes, n);
}

static void answer_l2tp(int n, int port, const u8_t *bytes, int length)
{
    struct session *s = NULL;
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].pcb != NULL && sessions[i].transport == ON_L2TP && sessions[i].lower == n && (sessions[i].l2tp_port == 0 || sessions[i].l2tp_port == port || s == NULL))
            s = &sessions[i];
    if (s == NULL || length < 6 || s->deaf)
        return;
    s->l2tp_port = (u16_t)port;
    if (!(bytes[0] & 0x80)) {
        if (length > 8)
            answer_ppp(s, bytes + (get16(bytes + 6) == 0xff03 ? 8 : 6), length - (get16(bytes + 6) == 0xff03 ? 8 : 6));
        return;
    }
    if (length < 20)
        return;
    int message = get16(bytes + 18);
    s->nr = (u16_t)(get16(bytes + 8) + 1);
    for (int off = 12; off + 8 <= length; off += get16(bytes + off) & 0x3ff) {
        if ((get16(bytes + off) & 0x3ff) < 6)
            break;
        if (get16(bytes + off + 4) == 9)
            s->l2tp_tunnel = get16(bytes + off + 6);
        if (get16(bytes + off + 4) == 14)
            s->l2tp_session = get16(bytes + off + 6);
    }
    if (message == 1) {
        s->ns = 0;
        l2tp_to(s, 2);
    } else if (message == 10) {
        l2tp_to(s, 11);
    } else if (message == 12 || message == 4) {
        l2tp_to(s, 0);
    }
}

/* --- the far end of an interface: it has every address that it is asked for --- */

static void answer_packet(int n, const u8_t *mac, const u8_t *packet, int length)
{
    (void)mac;
    if (length >= 28 && packet[0] >> 4 == 4) {
        int head = (packet[0] & 15) * 4, protocol = packet[9];
        const u8_t *inside = packet + head;
        if (protocol == 17 && length >= head + 8) {
            int source = get16(inside), port = get16(inside + 2), size = length - head - 8;
            if (port == 1701) {
                answer_l2tp(n, source, inside + 8, size);
            } else if (port == 53 && size > 12) {
                u8_t reply[FRAME];
                memcpy(reply, inside + 8, (size_t)size);
                reply[2] |= 0x80;
                reply[7] = 1;
                memcpy(reply + size, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\x07", 16);
                udp4_to(n, packet + 16, packet + 12, 53, source, reply, size + 16);
            } else if (port == 67 && size > 240) {
                u8_t reply[320] = { 0 };
                const u8_t *type = memmem(inside + 248, (size_t)(length - head - 248 > 0 ? length - head - 248 : 0), "\x35\x01", 2);
                const u8_t server[4] = { 10, (u8_t)n, 0, 2 }, all[4] = { 255, 255, 255, 255 };
                if (type == NULL || (type[2] != 1 && type[2] != 3))
                    return;
                memcpy(reply, inside + 8, 240);
                reply[0] = 2;
                memcpy(reply + 16, server, 3);
                reply[19] = 77;
                memcpy(reply + 240, "\x35\x01\x02\x36\x04", 5);
                reply[242] = type[2] == 1 ? 2 : 5;
                memcpy(reply + 245, server, 4);
                memcpy(reply + 249, "\x33\x04\0\0\0\x78\x01\x04\xff\xff\xff\0\x06\x04\x0a\0\0\x02\xff", 19);
                udp4_to(n, server, all, 67, 68, reply, 300);
            }
        } else if (protocol == 1 && inside[0] == 8) {
            u8_t reply[FRAME];
            memcpy(reply, inside, (size_t)(length - head));
            reply[0] = 0;
            put16(reply + 2, 0);
            put16(reply + 2, (unsigned)checksum(reply, length - head, 0));
            packet4_to(n, packet + 16, packet + 12, 1, 64, 0, reply, length - head);
        }
    } else if (length >= 64 && packet[0] >> 4 == 6 && packet[6] == 58 && packet[40] == 135 && memcmp(packet + 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) != 0) {
        u8_t reply[32] = { 136, 0, 0, 0, 0x60 };
        memcpy(reply + 8, packet + 48, 16);
        reply[24] = 2;
        reply[25] = 1;
        memcpy(reply + 26, far_mac, 6);
        icmp6_to(n, packet + 48, packet + 8, reply, 32);
    }
}

static void answer_frame(int n, const u8_t *frame, int length)
{
    if (length < 15)
        return;
    int type = get16(frame + 12);
    if (type == 0x806 && length >= 42 && frame[21] == 1 && memcmp(frame + 28, frame + 38, 4) != 0 && memcmp(frame + 28, "\0\0\0\0", 4) != 0) {
        u8_t reply[28];
        memcpy(reply, "\0\1\x8\0\6\4\0\2", 8);
        memcpy(reply + 8, far_mac, 6);
        memcpy(reply + 14, frame + 38, 4);
        memcpy(reply + 18, frame + 22, 10);
        frame_to(n, frame + 6, 0x806, reply, 28);
    } else if (type == 0x8863) {
        answer_discovery(n, frame + 14, length - 14);
    } else if (type == 0x8864 && length > 22) {
        for (int i = 0; i < SESSIONS; i++)
            if (sessions[i].pcb != NULL && sessions[i].transport == ON_ETHERNET && sessions[i].lower == n && sessions[i].number == get16(frame + 16))
                answer_ppp(&sessions[i], frame + 20, length - 20);
    } else if (type == 0x800 || type == 0x86dd) {
        answer_packet(n, frame + 6, frame + 14, length - 14);
    }
}

/* --- what waits comes in --- */

static void take_one(void)
{
    struct pending p = queue[taken++ % QUEUE];
    if (p.session >= 0) {
        if (sessions[p.session].pcb != NULL && sessions[p.session].transport == ON_SERIAL)
            pppos_input(sessions[p.session].pcb, p.bytes, p.length);
    } else if (slots[p.netif].netif != NULL) {
        struct pbuf *buffer = pbuf_alloc(PBUF_RAW, (u16_t)p.length, PBUF_POOL);
        if (buffer != NULL) {
            pbuf_take(buffer, p.bytes, (u16_t)p.length);
            if (slots[p.netif].netif->input(buffer, slots[p.netif].netif) != ERR_OK)
                pbuf_free(buffer);
        }
    }
    free(p.bytes);
    free_leftovers();
}

static void take_in(void)
{
    for (int n = 0; taken < queued && n < 400; n++)
        take_one();
    netif_poll_all();
}

static void pass(u32_t milliseconds)
{
    u32_t end = now + milliseconds;
    for (int steps = 0; steps < 20000; steps++) {
        u32_t sleep = sys_timeouts_sleeptime();
        if (sleep == SYS_TIMEOUTS_SLEEPTIME_INFINITE || (s32_t)(now + sleep - end) > 0)
            break;
        now += sleep;
        sys_check_timeouts();
        free_leftovers();
        take_in();
    }
    now = end;
    sys_check_timeouts();
    free_leftovers();
    take_in();
}

/* --- sockets --- */

static struct udp_pcb *udps[SOCKETS];
static struct raw_pcb *raws[SOCKETS];
static struct tcp_pcb *tcps[SOCKETS];

static void heard(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    (void)arg, (void)pcb, (void)from, (void)port;
    pbuf_free(p);
}

static u8_t heard_raw(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
    (void)arg, (void)pcb, (void)p, (void)from;
    return 0;
}

static err_t received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    (void)error;
    if (p != NULL) {
        tcp_recved(pcb, p->tot_len);
        pbuf_free(p);
        return ERR_OK;
    }
    if (arg != NULL)
        *(struct tcp_pcb **)arg = NULL;
    tcp_arg(pcb, NULL);
    if (tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    return ERR_OK;
}

static void broken(void *arg, err_t error)
{
    (void)error;
    if (arg != NULL)
        *(struct tcp_pcb **)arg = NULL;
}

static err_t accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)arg;
    if (error != ERR_OK || pcb == NULL)
        return ERR_VAL;
    for (int i = 0; i < SOCKETS; i++)
        if (tcps[i] == NULL) {
            tcps[i] = pcb;
            tcp_arg(pcb, &tcps[i]);
            tcp_recv(pcb, received);
            tcp_err(pcb, broken);
            return ERR_OK;
        }
    tcp_abort(pcb);
    return ERR_ABRT;
}

static void resolved(const char *name, const ip_addr_t *address, void *arg) { (void)name, (void)address, (void)arg; }

/* --- operations --- */

static ip_addr_t address_of(const char *word)
{
    ip_addr_t address;
    if (!ipaddr_aton(word, &address))
        ip_addr_set_zero_ip4(&address);
    return address;
}

static int uses(int n)
{
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].pcb != NULL && sessions[i].transport != ON_SERIAL && sessions[i].lower == n)
            return 1;
    return 0;
}

static int netif_new(int n, int ethernet)
{
    if (slots[n].netif != NULL)
        return RULE;
    struct netif *netif = calloc(1, sizeof *netif);
    slots[n] = (struct slot){ .netif = netif, .ethernet = ethernet };
    if (netif_add(netif, NULL, NULL, NULL, (void *)(uintptr_t)(n + 1), ethernet ? start_ethernet : start_point_to_point, ethernet ? ethernet_input : ip_input) == NULL) {
        slots[n].netif = NULL;
        free(netif);
        return ERR_IF;
    }
    return ERR_OK;
}

static int netif_gone(int n)
{
    struct slot *s = &slots[n];
    if (s->netif == NULL || uses(n) || s->dhcp || s->autoip || s->mdns)
        return RULE;
    struct netif *netif = s->netif;
    if (netif_dhcp_data(netif) != NULL)
        dhcp_cleanup(netif);
    if (netif_dhcp6_data(netif) != NULL) {
        dhcp6_disable(netif);
        dhcp6_cleanup(netif);
    }
    /* autoip_stop keeps the structure, and there is no function that frees it. */
    void *autoip = netif_autoip_data(netif);
    if (autoip != NULL)
        netif_set_client_data(netif, LWIP_NETIF_CLIENT_DATA_INDEX_AUTOIP, NULL);
    netif_remove(netif);
    if (autoip != NULL)
        mem_free(autoip);
    s->netif = NULL;
    free(netif);
    return ERR_OK;
}

static const u8_t group_of_all[4] = { 224, 0, 0, 1 }, nobody[16] = { 0 };

static int frame_in(int n, const char *kind, const char *word)
{
    ip_addr_t about = address_of(word);
    const u8_t *four = (const u8_t *)&ip_2_ip4(&about)->addr, *mine = (const u8_t *)netif_ip4_addr(slots[n].netif);
    u8_t six[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 }, all_nodes[16] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, own6[16], bytes[128] = { 0 };
    memcpy(own6, netif_ip6_addr(slots[n].netif, 0)->addr, 16);
    if (IP_IS_V6(&about))
        memcpy(six, ip_2_ip6(&about)->addr, 16);
    if (strncmp(kind, "arp", 3) == 0) {
        if (!slots[n].ethernet)
            return ERR_IF;
        memcpy(bytes, "\0\1\x8\0\6\4\0\1", 8);
        bytes[7] = strcmp(kind, "arpreply") == 0 ? 2 : 1;
        memcpy(bytes + 8, far_mac, 6);
        memcpy(bytes + 14, four, 4);
        memcpy(bytes + 18, mac_of(n), 6);
        memcpy(bytes + 24, mine, 4);
        frame_to(n, mac_of(n), 0x806, bytes, 28);
    } else if (strcmp(kind, "udp") == 0) {
        udp4_to(n, four, mine, 5000, 5000, (const u8_t *)"hello", 5);
    } else if (strcmp(kind, "group") == 0) {
        const u8_t from[4] = { 10, (u8_t)n, 0, 2 };
        udp4_to(n, from, four, 5000, 5000, (const u8_t *)"hello", 5);
    } else if (strcmp(kind, "mdns") == 0) {
        const u8_t from[4] = { 10, (u8_t)n, 0, 2 }, group[4] = { 224, 0, 0, 251 };
        memcpy(bytes, "\0\0\0\0\0\1\0\0\0\0\0\0\5fuzzy\5local\0\0\xff\0\1", 29);
        udp4_to(n, from, group, 5353, 5353, bytes, 29);
    } else if (strcmp(kind, "ping") == 0) {
        memcpy(bytes, "\x8\0\0\0\0\1\0\1hello!", 14);
        put16(bytes + 2, (unsigned)checksum(bytes, 14, 0));
        packet4_to(n, four, mine, 1, 64, 0, bytes, 14);
    } else if (strcmp(kind, "fragment") == 0) {
        packet4_to(n, four, mine, 17, 64, 0x2000, bytes, 64);
    } else if (strcmp(kind, "lastfragment") == 0) {
        packet4_to(n, four, mine, 17, 64, 8, bytes, 64);
    } else if (strcmp(kind, "query") == 0) {
        bytes[0] = 0x11;
        bytes[1] = 20;
        put16(bytes + 2, (unsigned)checksum(bytes, 8, 0));
        packet4_to(n, four, group_of_all, 2, 1, 0, bytes, 8);
    } else if (strcmp(kind, "syn") == 0) {
        u8_t pseudo[12];
        put16(bytes, 4000);
        put16(bytes + 2, 5000);
        bytes[7] = 9;
        bytes[12] = 0x50;
        bytes[13] = 2;
        put16(bytes + 14, 4096);
        memcpy(pseudo, four, 4);
        memcpy(pseudo + 4, mine, 4);
        memcpy(pseudo + 8, "\0\6\0\x14", 4);
        put16(bytes + 16, (unsigned)checksum(bytes, 20, (unsigned)(0xffff & ~checksum(pseudo, 12, 0))));
        packet4_to(n, four, mine, 6, 64, 0, bytes, 20);
    } else if (strcmp(kind, "ra") == 0) {
        memcpy(bytes, "\x86\0\0\0\x40\0\0\x78\0\0\0\0\0\0\0\0\1\1\2\1\1\1\1\1\5\1\0\0\0\0\5\xdc\3\4\x40\xc0\0\0\1\0\0\0\1\0\0\0\0\0\xfd\0\0\7\0\0\0\0\0\0\0\0\0\0\0\0", 64);
        icmp6_to(n, six, all_nodes, bytes, 64);
    } else if (strcmp(kind, "ns") == 0) {
        bytes[0] = 135;
        memcpy(bytes + 8, own6, 16);
        memcpy(bytes + 24, "\1\1\2\1\1\1\1\1", 8);
        icmp6_to(n, six, own6, bytes, 32);
    } else if (strcmp(kind, "na") == 0) {
        bytes[0] = 136;
        bytes[4] = 0x60;
        memcpy(bytes + 8, six, 16);
        memcpy(bytes + 24, "\2\1\2\1\1\1\1\1", 8);
        icmp6_to(n, six, own6, bytes, 32);
    } else if (strcmp(kind, "dad") == 0) {
        bytes[0] = 135;
        memcpy(bytes + 8, own6, 16);
        icmp6_to(n, nobody, all_nodes, bytes, 24);
    } else if (strcmp(kind, "redirect") == 0) {
        bytes[0] = 137;
        memcpy(bytes + 8, six, 16);
        memcpy(bytes + 24, six, 16);
        icmp6_to(n, six, own6, bytes, 40);
    } else if (strcmp(kind, "ping6") == 0) {
        bytes[0] = 128;
        icmp6_to(n, six, own6, bytes, 16);
    } else if (strcmp(kind, "mldquery") == 0) {
        bytes[0] = 130;
        put16(bytes + 4, 2000);
        icmp6_to(n, six, all_nodes, bytes, 24);
    } else if (strcmp(kind, "toobig") == 0) {
        bytes[0] = 2;
        put16(bytes + 6, 1280);
        bytes[8] = 0x60;
        memcpy(bytes + 16, own6, 16);
        memcpy(bytes + 32, six, 16);
        icmp6_to(n, six, own6, bytes, 56);
    } else if (strcmp(kind, "fragment6") == 0) {
        bytes[0] = 17;
        put16(bytes + 2, 1);
        bytes[7] = 5;
        packet6_to(n, six, own6, 44, 64, bytes, 72);
    } else {
        return ERR_ARG;
    }
    return ERR_OK;
}

static int line_in(struct session *s, const char *kind)
{
    static const struct { const char *kind; int protocol, code; const char *data; int length; } table[] = {
        { "confreq", 0xc021, 1, "\5\6\x11\x22\x33\x44", 6 }, { "confack", 0xc021, 2, "", 0 }, { "confnak", 0xc021, 3, "\1\4\5\xdc", 4 }, { "confrej", 0xc021, 4, "\x7\2", 2 },
        { "termreq", 0xc021, 5, "", 0 }, { "termack", 0xc021, 6, "", 0 }, { "coderej", 0xc021, 7, "\5\1\0\4", 4 }, { "protrej", 0xc021, 8, "\x80\x21\1\1\0\4", 6 },
        { "lcprej", 0xc021, 8, "\xc0\x21\1\1\0\4", 6 }, { "echoreq", 0xc021, 9, "\x11\x22\x33\x44", 4 }, { "papack", 0xc023, 2, "\2ok", 3 }, { "papnak", 0xc023, 3, "\2no", 3 },
        { "papreq", 0xc023, 1, "\5login\x8password", 15 }, { "chap", 0xc223, 1, "\x10" "0123456789abcdef" "far", 20 }, { "chapok", 0xc223, 3, "ok", 2 }, { "chapfail", 0xc223, 4, "no", 2 },
        { "eap", 0xc227, 1, "\1who", 4 }, { "eapok", 0xc227, 3, "", 0 }, { "eapfail", 0xc227, 4, "", 0 }, { "ipcpreq", 0x8021, 1, "\3\6\x0a\x40\x40\1", 6 },
        { "ipcpterm", 0x8021, 5, "", 0 }, { "ipcprej", 0x8021, 4, "\3\6\x0a\x40\x40\2", 6 }, { "ip6cpreq", 0x8057, 1, "\1\x0a\0\0\0\0\0\0\0\x77", 10 }, { "ip6cpterm", 0x8057, 5, "", 0 },
        { "ccpreq", 0x80fd, 1, "\x12\6\1\0\0\x60", 6 }, { "ccpreset", 0x80fd, 14, "", 0 }, { "unknown", 0x8099, 1, "", 0 },
    };
    u8_t ping[2 + 20 + 14] = { 0, 0x21, 0x45, 0, 0, 34, 0, 1, 0, 0, 64, 1, 0, 0, 10, 64, 64, 1, 10, 64, 64, 2, 8, 0, 0, 0, 0, 1, 0, 1 };
    if (strcmp(kind, "ip") == 0) {
        put16(ping + 12, (unsigned)checksum(ping + 2, 20, 0));
        put16(ping + 24, (unsigned)checksum(ping + 22, 14, 0));
        ppp_to(s, ping, sizeof ping);
        return ERR_OK;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].kind, kind) == 0) {
            control_to(s, table[i].protocol, table[i].code, ++s->id, (const u8_t *)table[i].data, table[i].length);
            return ERR_OK;
        }
    if (s->transport == ON_ETHERNET && strcmp(kind, "pado") == 0)
        return discovery_to(s, 0x07), ERR_OK;
    if (s->transport == ON_ETHERNET && strcmp(kind, "pads") == 0)
        return discovery_to(s, 0x65), ERR_OK;
    if (s->transport == ON_ETHERNET && strcmp(kind, "padt") == 0)
        return discovery_to(s, 0xa7), ERR_OK;
    if (s->transport == ON_L2TP && strcmp(kind, "stopccn") == 0)
        return l2tp_to(s, 4), ERR_OK;
    if (s->transport == ON_L2TP && strcmp(kind, "sccrp") == 0)
        return l2tp_to(s, 2), ERR_OK;
    if (s->transport == ON_L2TP && strcmp(kind, "icrp") == 0)
        return l2tp_to(s, 11), ERR_OK;
    return ERR_ARG;
}

static int session_new(int p, enum transport transport, int lower)
{
    struct session *s = &sessions[p];
    if (s->pcb != NULL || (transport == ON_ETHERNET && (slots[lower].netif == NULL || !slots[lower].ethernet)))
        return RULE;
    memset(s, 0, sizeof *s);
    s->transport = transport;
    s->lower = lower;
    s->netif = calloc(1, sizeof *s->netif);
    ip_addr_t far;
    IP_ADDR4(&far, 10, lower, 0, 2);
    s->pcb = transport == ON_SERIAL ? pppos_create(s->netif, serial_output, session_status, s)
        : transport == ON_ETHERNET ? pppoe_create(s->netif, slots[lower].netif, NULL, NULL, session_status, s)
        : pppol2tp_create(s->netif, slots[lower].netif, &far, 1701, NULL, 0, session_status, s);
    if (s->pcb == NULL) {
        free(s->netif);
        return ERR_MEM;
    }
    ppp_set_usepeerdns(s->pcb, 1);
    return ERR_OK;
}

static int on_session(int count, char **w)
{
    struct session *s = &sessions[(w[1][1] - '0') % SESSIONS];
    if (strcmp(w[0], "ppp") == 0)
        return session_new((int)(s - sessions), strcmp(w[2], "os") == 0 ? ON_SERIAL : strcmp(w[2], "oe") == 0 ? ON_ETHERNET : ON_L2TP, count > 3 ? (w[3][1] - '0') % NETIFS : 0);
    if (s->pcb == NULL)
        return RULE;
    if (strcmp(w[0], "connect") == 0) {
        s->asked = 0;
        return ppp_connect(s->pcb, (u16_t)atoi(w[2]));
    }
    if (strcmp(w[0], "listen") == 0) {
        s->asked = 0;
        return ppp_listen(s->pcb);
    }
    if (strcmp(w[0], "close") == 0)
        return ppp_close(s->pcb, (u8_t)atoi(w[2]));
    if (strcmp(w[0], "free") == 0)
        return session_free(s);
    if (strcmp(w[0], "atend") == 0) {
        s->at_end = strcmp(w[2], "free") == 0 ? END_FREE : strcmp(w[2], "connect") == 0 ? END_CONNECT : strcmp(w[2], "listen") == 0 ? END_LISTEN : END_NOTHING;
        return ERR_OK;
    }
    if (strcmp(w[0], "auth") == 0) {
        /* Configuration in the dead phase only (doc/ppp.txt). */
        if (s->pcb->phase != PPP_PHASE_DEAD)
            return RULE;
        s->auth = strcmp(w[2], "pap") == 0 ? 1 : strcmp(w[2], "chap") == 0 ? 2 : strcmp(w[2], "eap") == 0 ? 3 : 0;
        s->required = strcmp(w[2], "required") == 0;
        ppp_set_auth(s->pcb, PPPAUTHTYPE_ANY, "login", "password");
        ppp_set_auth_required(s->pcb, s->required);
        return ERR_OK;
    }
    if (strcmp(w[0], "far") == 0) {
        s->deaf = strcmp(w[2], "deaf") == 0;
        return ERR_OK;
    }
    if (strcmp(w[0], "default") == 0)
        return ppp_set_default(s->pcb), ERR_OK;
    if (strcmp(w[0], "line") == 0)
        return line_in(s, w[2]);
    return NONE;
}

static int on_netif(int count, char **w)
{
    int n = (w[1][1] - '0') % NETIFS;
    struct slot *s = &slots[n];
    ip_addr_t a = address_of(count > 2 ? w[count - 1] : "0.0.0.0");
    if (strcmp(w[0], "netif") == 0)
        return netif_new(n, strcmp(w[2], "eth") == 0);
    if (s->netif == NULL)
        return RULE;
    if (strcmp(w[0], "remove") == 0)
        return netif_gone(n);
    if (strcmp(w[0], "up") == 0)
        return netif_set_up(s->netif), ERR_OK;
    if (strcmp(w[0], "down") == 0)
        return netif_set_down(s->netif), ERR_OK;
    if (strcmp(w[0], "linkup") == 0)
        return netif_set_link_up(s->netif), ERR_OK;
    if (strcmp(w[0], "linkdown") == 0)
        return netif_set_link_down(s->netif), ERR_OK;
    if (strcmp(w[0], "default") == 0)
        return netif_set_default(s->netif), ERR_OK;
    if (strcmp(w[0], "addr4") == 0) {
        ip4_addr_t mask, gateway;
        IP4_ADDR(&mask, 255, 255, 255, 0);
        IP4_ADDR(&gateway, 10, n, 0, 2);
        return netif_set_addr(s->netif, ip_2_ip4(&a), &mask, &gateway), ERR_OK;
    }
    if (strcmp(w[0], "addr6") == 0)
        return netif_add_ip6_address(s->netif, ip_2_ip6(&a), NULL);
    if (strcmp(w[0], "linklocal") == 0) {
        netif_create_ip6_linklocal_address(s->netif, 1);
        netif_set_ip6_autoconfig_enabled(s->netif, 1);
        return ERR_OK;
    }
    if (strcmp(w[0], "deladdr6") == 0)
        return netif_ip6_addr_set_state(s->netif, (s8_t)(w[2][0] & 3), IP6_ADDR_INVALID), ERR_OK;
    if (strcmp(w[0], "join4") == 0)
        return igmp_joingroup_netif(s->netif, ip_2_ip4(&a));
    if (strcmp(w[0], "leave4") == 0)
        return igmp_leavegroup_netif(s->netif, ip_2_ip4(&a));
    if (strcmp(w[0], "join6") == 0)
        return mld6_joingroup_netif(s->netif, ip_2_ip6(&a));
    if (strcmp(w[0], "leave6") == 0)
        return mld6_leavegroup_netif(s->netif, ip_2_ip6(&a));
    if (strcmp(w[0], "dhcp") == 0) {
        if (strcmp(w[2], "start") == 0) {
            /* dhcp_start asks for an interface that is up. */
            if (!netif_is_up(s->netif) || s->autoip)
                return RULE;
            int result = dhcp_start(s->netif);
            s->dhcp = s->dhcp || result == ERR_OK;
            return result;
        }
        if (!s->dhcp)
            return RULE;
        if (strcmp(w[2], "renew") == 0)
            return dhcp_renew(s->netif);
        if (strcmp(w[2], "release") == 0)
            dhcp_release_and_stop(s->netif);
        else
            dhcp_stop(s->netif);
        s->dhcp = 0;
        return ERR_OK;
    }
    if (strcmp(w[0], "dhcp6") == 0) {
        if (strcmp(w[2], "start") == 0)
            return dhcp6_enable_stateless(s->netif);
        return dhcp6_disable(s->netif), ERR_OK;
    }
    if (strcmp(w[0], "autoip") == 0) {
        if (strcmp(w[2], "start") == 0) {
            if (s->dhcp || !s->ethernet)
                return RULE;
            int result = autoip_start(s->netif);
            s->autoip = s->autoip || result == ERR_OK;
            return result;
        }
        if (!s->autoip)
            return RULE;
        s->autoip = 0;
        return autoip_stop(s->netif);
    }
    if (strcmp(w[0], "mdns") == 0) {
        if (strcmp(w[2], "add") == 0) {
            if (s->mdns)
                return RULE;
            int result = mdns_resp_add_netif(s->netif, "fuzzy", 120);
            s->mdns = result == ERR_OK;
            return result;
        }
        if (!s->mdns)
            return RULE;
        if (strcmp(w[2], "announce") == 0)
            return mdns_resp_announce(s->netif), ERR_OK;
        if (strcmp(w[2], "restart") == 0)
            return mdns_resp_restart(s->netif), ERR_OK;
        s->mdns = 0;
        return mdns_resp_remove_netif(s->netif);
    }
    if (strcmp(w[0], "arp") == 0) {
        struct eth_addr there;
        if (!s->ethernet)
            return RULE;
        memcpy(&there, far_mac, 6);
        if (strcmp(w[2], "query") == 0)
            return etharp_query(s->netif, ip_2_ip4(&a), NULL);
        if (strcmp(w[2], "request") == 0)
            return etharp_request(s->netif, ip_2_ip4(&a));
        return strcmp(w[2], "add") == 0 ? etharp_add_static_entry(ip_2_ip4(&a), &there) : etharp_remove_static_entry(ip_2_ip4(&a));
    }
    if (strcmp(w[0], "frame") == 0)
        return frame_in(n, w[2], w[3]);
    return NONE;
}

static int on_socket(int count, char **w)
{
    int i = (w[1][1] - '0') % SOCKETS;
    ip_addr_t a = address_of(count > 2 ? w[count - 1] : "0.0.0.0");
    struct pbuf *p;
    int result;
    if (strcmp(w[0], "udp") == 0) {
        if (udps[i] != NULL)
            return RULE;
        udps[i] = udp_new_ip_type(IPADDR_TYPE_ANY);
        ip_set_option(udps[i], SOF_REUSEADDR | SOF_BROADCAST);
        udp_recv(udps[i], heard, NULL);
        return udp_bind(udps[i], IP_ANY_TYPE, (u16_t)atoi(w[2]));
    }
    if (strcmp(w[0], "raw") == 0) {
        if (raws[i] != NULL)
            return RULE;
        raws[i] = raw_new_ip_type(IPADDR_TYPE_ANY, (u8_t)atoi(w[2]));
        raw_recv(raws[i], heard_raw, NULL);
        return raw_bind(raws[i], IP_ANY_TYPE);
    }
    if (strcmp(w[0], "tcp") == 0) {
        if (tcps[i] != NULL)
            return RULE;
        tcps[i] = tcp_new_ip_type(IPADDR_TYPE_ANY);
        ip_set_option(tcps[i], SOF_REUSEADDR);
        return ERR_OK;
    }
    if (w[1][0] == 'u') {
        if (udps[i] == NULL)
            return RULE;
        if (strcmp(w[0], "shut") == 0)
            return udp_remove(udps[i]), udps[i] = NULL, ERR_OK;
        if (strcmp(w[0], "on") == 0)
            return slots[(w[2][1] - '0') % NETIFS].netif == NULL ? RULE : (udp_bind_netif(udps[i], slots[(w[2][1] - '0') % NETIFS].netif), ERR_OK);
        p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)(strcmp(w[0], "sendbig") == 0 ? 3000 : 5), PBUF_RAM);
        memset(p->payload, 0, p->len);
        if (strcmp(w[0], "sendif") == 0)
            result = slots[(w[2][1] - '0') % NETIFS].netif == NULL ? RULE : udp_sendto_if(udps[i], p, &a, 5000, slots[(w[2][1] - '0') % NETIFS].netif);
        else
            result = udp_sendto(udps[i], p, &a, 5000);
        pbuf_free(p);
        return result;
    }
    if (w[1][0] == 'r') {
        if (raws[i] == NULL)
            return RULE;
        if (strcmp(w[0], "shut") == 0)
            return raw_remove(raws[i]), raws[i] = NULL, ERR_OK;
        if (strcmp(w[0], "on") == 0)
            return slots[(w[2][1] - '0') % NETIFS].netif == NULL ? RULE : (raw_bind_netif(raws[i], slots[(w[2][1] - '0') % NETIFS].netif), ERR_OK);
        p = pbuf_alloc(PBUF_IP, 8, PBUF_RAM);
        memset(p->payload, 0, p->len);
        result = raw_sendto(raws[i], p, &a);
        pbuf_free(p);
        return result;
    }
    if (tcps[i] == NULL)
        return RULE;
    if (strcmp(w[0], "tlisten") == 0) {
        if (tcps[i]->state != CLOSED)
            return RULE;
        result = tcp_bind(tcps[i], IP_ANY_TYPE, 5000);
        if (result != ERR_OK)
            return result;
        struct tcp_pcb *listening = tcp_listen(tcps[i]);
        if (listening == NULL)
            return ERR_MEM;
        tcps[i] = listening;
        tcp_accept(listening, accepted);
        return ERR_OK;
    }
    if (strcmp(w[0], "tconnect") == 0) {
        if (tcps[i]->state != CLOSED)
            return RULE;
        tcp_arg(tcps[i], &tcps[i]);
        tcp_recv(tcps[i], received);
        tcp_err(tcps[i], broken);
        return tcp_connect(tcps[i], &a, 5000, NULL);
    }
    if (strcmp(w[0], "twrite") == 0) {
        if (tcps[i]->state == LISTEN || tcps[i]->state == CLOSED)
            return RULE;
        result = tcp_write(tcps[i], "hello", 5, TCP_WRITE_FLAG_COPY);
        return result != ERR_OK ? result : tcp_output(tcps[i]);
    }
    if (strcmp(w[0], "tabort") == 0 && tcps[i]->state != LISTEN) {
        struct tcp_pcb *gone = tcps[i];
        tcps[i] = NULL;
        tcp_arg(gone, NULL);
        return tcp_abort(gone), ERR_OK;
    }
    struct tcp_pcb *closing = tcps[i];
    if (closing->state != LISTEN)
        tcp_arg(closing, NULL);
    result = tcp_close(closing);
    if (result == ERR_OK)
        tcps[i] = NULL;
    return result;
}

static int operate(int count, char **w)
{
    if (strcmp(w[0], "time") == 0 && count == 2)
        return pass((u32_t)atoi(w[1])), ERR_OK;
    if (strcmp(w[0], "run") == 0)
        return take_in(), ERR_OK;
    if (strcmp(w[0], "dns") == 0 && count == 2) {
        ip_addr_t found;
        int result = dns_gethostbyname(w[1], &found, resolved, NULL);
        return result == ERR_INPROGRESS ? ERR_OK : result;
    }
    if (count < 2 || w[1][1] == 0)
        return NONE;
    return w[1][0] == 'n' ? on_netif(count, w) : w[1][0] == 'p' ? on_session(count, w) : on_socket(count, w);
}

/* Everything goes, in the order that the rules ask for; what happens then counts too. */
static void end_list(void)
{
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].pcb != NULL) {
            sessions[i].at_end = END_NOTHING;
            ppp_close(sessions[i].pcb, 0);
        }
    take_in();
    pass(20000);
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].pcb != NULL)
            session_free(&sessions[i]);
    free_leftovers();
    for (int i = 0; i < SOCKETS; i++) {
        if (udps[i] != NULL)
            udp_remove(udps[i]);
        if (raws[i] != NULL)
            raw_remove(raws[i]);
        if (tcps[i] != NULL && tcps[i]->state == LISTEN)
            tcp_close(tcps[i]);
        else if (tcps[i] != NULL)
            tcp_arg(tcps[i], NULL), tcp_abort(tcps[i]);
    }
    for (int i = 0; i < NETIFS; i++)
        if (slots[i].netif != NULL) {
            if (slots[i].dhcp)
                dhcp_stop(slots[i].netif);
            if (slots[i].autoip)
                autoip_stop(slots[i].netif);
            if (slots[i].mdns)
                mdns_resp_remove_netif(slots[i].netif);
            slots[i].dhcp = slots[i].autoip = slots[i].mdns = 0;
            netif_gone(i);
        }
    pass(40000);
}

static void run_list(char *text)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *words[8], *inside = NULL;
        int count = 0;
        for (char *word = strtok_r(line, " ", &inside); word != NULL && count < 8; word = strtok_r(NULL, " ", &inside))
            words[count++] = word;
        if (count == 0)
            continue;
        int result = operate(count, words);
        free_leftovers();
        if (result == RULE)
            printf("%s rule\n", words[0]);
        else
            printf("%s %d\n", words[0], result);
        fflush(stdout);
    }
    end_list();
    tell_held();
    printf("end 0\n");
    fflush(stdout);
}

static void run_child(const char *name, char *text)
{
    int ends[2], status = 0;
    printf("=== %s\n", name);
    fflush(stdout);
    if (pipe(ends) != 0)
        exit(2);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = { 10, 12 };
        setrlimit(RLIMIT_CPU, &limit);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        run_list(text);
        _exit(0);
    }
    close(ends[1]);
    FILE *report = fdopen(ends[0], "r");
    char line[2048];
    while (fgets(line, sizeof line, report) != NULL)
        printf("! %s%s", line, strchr(line, '\n') != NULL ? "" : "\n");
    fclose(report);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("--- signal %d\n", WTERMSIG(status));
    else
        printf("--- exit %d\n", WEXITSTATUS(status));
    fflush(stdout);
}

int main(void)
{
    static char text[1 << 16];
    char line[1024], name[256] = "";
    size_t length = 0;
#ifdef STRESS_LIST
    /* An exported finding has its list with it. */
    FILE *input = fmemopen((void *)(uintptr_t)stress_list, strlen(stress_list), "r");
#else
    FILE *input = stdin;
#endif
    lwip_init();
    mdns_resp_init();
    ip_addr_t server;
    IP_ADDR4(&server, 10, 0, 0, 2);
    dns_setserver(0, &server);
    for (int i = 0; i < holding; i++)
        held[i].at_start = 1;
    while (fgets(line, sizeof line, input) != NULL) {
        if (strncmp(line, "=== ", 4) == 0) {
            if (name[0] != 0)
                run_child(name, text);
            snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 4, "\r\n"), line + 4);
            length = 0;
            text[0] = 0;
        } else if (length + strlen(line) < sizeof text) {
            strcpy(text + length, line);
            length += strlen(line);
        }
    }
    if (name[0] != 0)
        run_child(name, text);
    return 0;
}
