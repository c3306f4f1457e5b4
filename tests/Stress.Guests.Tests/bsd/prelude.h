/* The C library of the machine at hand, and then another system's name: SYSTEM is 1 for FreeBSD, 2 for NetBSD, 3 for OpenBSD. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#undef __linux__
#undef _GNU_SOURCE
#undef SIOCDIFADDR
#if SYSTEM == 1
#define __FreeBSD__ 14
#elif SYSTEM == 2
#define __NetBSD__ 1
#else
#define __OpenBSD__ 1
#endif
