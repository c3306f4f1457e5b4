/* lwIP as the search drives it: no operating system layer, one thread, every allocation one of the C library's, so that AddressSanitizer sees each by itself. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8
#define LWIP_STATS 0
/* What is still held at the end of a list is counted; the walk over the timers is lwIP's own for its tests. */
#include <stddef.h>
void *fuzz_malloc(size_t size);
void *fuzz_calloc(size_t count, size_t size);
void fuzz_free(void *memory);
#define mem_clib_malloc fuzz_malloc
#define mem_clib_calloc fuzz_calloc
#define mem_clib_free fuzz_free
#define LWIP_TESTMODE 1

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define ARP_QUEUEING 1
#define ETHARP_SUPPORT_STATIC_ENTRIES 1
#define LWIP_TCP 1
#define LWIP_UDP 1
#define LWIP_RAW 1
#define LWIP_IGMP 1
#define LWIP_IPV6_MLD 1
#define LWIP_ND6_QUEUEING 1
#define LWIP_DHCP 1
#define LWIP_AUTOIP 1
#define LWIP_DHCP_AUTOIP_COOP 1
#define LWIP_DNS 1
#define LWIP_IPV6_DHCP6 1
#define LWIP_IPV6_DHCP6_STATELESS 1
#define IP_REASSEMBLY 1
#define IP_FRAG 1
#define LWIP_IPV6_REASS 1
/* As long as IPv4 waits, so that no list's end finds a fragment that still may. */
#define IPV6_REASS_MAXAGE 15
#define LWIP_IPV6_FRAG 1
/* On a machine of 64 bits (opt.h). */
#define IPV6_FRAG_COPYHEADER 1
#define IP_FORWARD 1
#define LWIP_IPV6_FORWARD 1
#define LWIP_IPV6_NUM_ADDRESSES 4
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK 1
#define LWIP_NETIF_REMOVE_CALLBACK 1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NUM_NETIF_CLIENT_DATA 2
#define LWIP_MDNS_RESPONDER 1
#define SO_REUSE 1

#define PPP_SUPPORT 1
#define PPPOS_SUPPORT 1
#define PPPOE_SUPPORT 1
#define PPPOL2TP_SUPPORT 1
#define PPP_SERVER 1
#define PPP_IPV4_SUPPORT 1
#define PPP_IPV6_SUPPORT 1
#define PAP_SUPPORT 1
#define CHAP_SUPPORT 1
#define MSCHAP_SUPPORT 1
#define EAP_SUPPORT 1
#define CCP_SUPPORT 1
#define MPPE_SUPPORT 1
#define VJ_SUPPORT 1
#define LCP_ECHOINTERVAL 10
#define PPP_NOTIFY_PHASE 0
#define PRINTPKT_SUPPORT 0
#define LWIP_PPP_API 0
#define MEMP_NUM_PPP_PCB 4
#define MEMP_NUM_PPPOE_INTERFACES 4
#define MEMP_NUM_PPPOL2TP_INTERFACES 4

/* The same list draws the same numbers. */
unsigned fuzz_random(void);
#define LWIP_RAND() fuzz_random()

#endif
