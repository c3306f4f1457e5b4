#ifndef BSD_ARPA_INET_H
#define BSD_ARPA_INET_H
#include <netinet/in.h>
int inet_pton(int family, const char *text, void *address);
const char *inet_ntop(int family, const void *address, char *text, socklen_t size);
#endif
