/* Of the BSDs' <netinet6/in6_var.h>. OpenBSD has no second name for its request. */
#ifndef BSD_IN6_VAR_H
#define BSD_IN6_VAR_H
#include <net/if.h>
#include <netinet/in.h>
struct in6_addrlifetime { long long ia6t_expire, ia6t_preferred; uint32_t ia6t_vltime, ia6t_pltime; };
struct in6_aliasreq { char ifra_name[IFNAMSIZ]; struct sockaddr_in6 ifra_addr, ifra_dstaddr, ifra_prefixmask; int ifra_flags; struct in6_addrlifetime ifra_lifetime; };
struct in6_ifreq { char ifr_name[IFNAMSIZ]; union { struct sockaddr_in6 ifru_addr; } ifr_ifru; };
#define SIOCAIFADDR_IN6 0x8080691bUL
#define SIOCDIFADDR_IN6 0x81206919UL
#endif
