/* The compiler: gcc on a system with a C library. */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdio.h>
#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(x) do { } while (0)
#define LWIP_PLATFORM_ASSERT(x) do { fprintf(stderr, "lwip assertion: %s at %s:%d\n", x, __FILE__, __LINE__); abort(); } while (0)

#endif
