/* lwIP as an independent PPP peer: no operating system layer, one thread, PPP over a byte stream, both authentication protocols in both roles. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_TCP 0
#define LWIP_UDP 1
#define LWIP_RAW 1
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FRAG 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_STATS 0

#define PPP_SUPPORT 1
#define PPPOS_SUPPORT 1
#define PPP_SERVER 1
#define PPP_IPV4_SUPPORT 1
#define PPP_IPV6_SUPPORT 1
#define PAP_SUPPORT 1
#define CHAP_SUPPORT 1
#define VJ_SUPPORT 1
#define CCP_SUPPORT 0
#define PPP_NOTIFY_PHASE 0
#define PRINTPKT_SUPPORT 0
#define LWIP_PPP_API 0

/* Its magic numbers and challenges come from here; a test peer needs no entropy. */
#define LWIP_RAND() ((u32_t)rand())

#endif
