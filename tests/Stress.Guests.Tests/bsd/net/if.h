/* Of the BSDs' <net/if.h>. */
#ifndef BSD_NET_IF_H
#define BSD_NET_IF_H
#include <sys/socket.h>
#define IFNAMSIZ 16
#define IFF_UP 0x1
struct ifreq { char ifr_name[IFNAMSIZ]; union { struct sockaddr ifru_addr; short ifru_flags; } ifr_ifru; };
#define ifr_addr ifr_ifru.ifru_addr
#define ifr_flags ifr_ifru.ifru_flags
struct ifaliasreq { char ifra_name[IFNAMSIZ]; struct sockaddr ifra_addr, ifra_broadaddr, ifra_mask; };
unsigned int if_nametoindex(const char *name);
#define SIOCIFCREATE 0xc020697aUL
#define SIOCIFDESTROY 0x80206979UL
#define SIOCAIFADDR 0x8040691aUL
#define SIOCDIFADDR 0x80206919UL
#ifndef __OpenBSD__
#define SIOCSIFPHYADDR 0x80406946UL
#endif
#endif
