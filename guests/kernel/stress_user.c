// SPDX-License-Identifier: GPL-2.0
/*
 * What would differ from one start of a guest to the next: the host's random numbers and the host's place for the heap. Both come from here, so that
 * a guest is the same to the byte without the personality that switches address randomisation off, which restricted containers refuse.
 *
 * Licence note: part of a Linux kernel; GPL version 2, see stress_tty.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

extern char _end[];

/* The host places the heap up to 32 MB after the program; the guest's memory begins after all of that. */
#define HEAP_LIMIT (48UL << 20)

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
	static uint64_t state;
	static int seeded;
	unsigned char *bytes = buffer;
	size_t i;

	if (!seeded) {
		const char *seed = getenv("STRESS_SEED");

		state = (seed ? strtoull(seed, NULL, 0) : 1) * 0x9E3779B97F4A7C15ULL + 1;
		if (!state)
			state = 1;
		seeded = 1;
	}
	for (i = 0; i < length; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		bytes[i] = (unsigned char)(state >> 24);
	}
	return (ssize_t)length;
}

void *sbrk(intptr_t increment)
{
	return (void *)(((uintptr_t)_end + HEAP_LIMIT) & ~(uintptr_t)0xFFFFF);
}
