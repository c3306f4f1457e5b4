/* Names and shapes of the BSDs' <netinet/in.h>, as far as the agent uses them: what lets its BSD half be compiled where there is no BSD. */
#ifndef BSD_NETINET_IN_H
#define BSD_NETINET_IN_H
#include <stdint.h>
#include <sys/socket.h>
typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;
struct in_addr { in_addr_t s_addr; };
struct in6_addr { uint8_t s6_addr[16]; };
struct sockaddr_in { uint8_t sin_len, sin_family; in_port_t sin_port; struct in_addr sin_addr; int8_t sin_zero[8]; };
struct sockaddr_in6 { uint8_t sin6_len, sin6_family; in_port_t sin6_port; uint32_t sin6_flowinfo; struct in6_addr sin6_addr; uint32_t sin6_scope_id; };
struct ip_mreq { struct in_addr imr_multiaddr, imr_interface; };
struct ipv6_mreq { struct in6_addr ipv6mr_multiaddr; unsigned int ipv6mr_interface; };
struct in6_pktinfo { struct in6_addr ipi6_addr; unsigned int ipi6_ifindex; };
struct group_req { uint32_t gr_interface; struct sockaddr_storage gr_group; };
#define IPPROTO_IP 0
#define IPPROTO_IPV6 41
#define INET6_ADDRSTRLEN 46
#define IP_MULTICAST_IF 9
#define IP_ADD_MEMBERSHIP 12
#define IP_DROP_MEMBERSHIP 13
#define IPV6_MULTICAST_IF 9
#define IPV6_JOIN_GROUP 12
#define IPV6_LEAVE_GROUP 13
#define IPV6_PKTINFO 46
#ifdef __FreeBSD__
#define MCAST_JOIN_GROUP 80
#define MCAST_LEAVE_GROUP 81
#endif
static inline uint16_t htons(uint16_t v) { return (uint16_t)(v << 8 | v >> 8); }
static inline uint32_t htonl(uint32_t v) { return (uint32_t)htons((uint16_t)v) << 16 | htons((uint16_t)(v >> 16)); }
#endif
