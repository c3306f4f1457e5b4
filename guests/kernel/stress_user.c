// SPDX-License-Identifier: GPL-2.0
/*
 * What would differ from one start of a guest to the next: the host's random numbers and the host's place for the heap. Both come from here, so that
 * a guest is the same to the byte without the personality that switches address randomisation off, which restricted containers refuse.
 *
 * Licence note: part of a Linux kernel; GPL version 2, see stress_tty.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

extern char _end[];

/*
 * The host places the heap at random, up to a gigabyte after the program, and the guest's memory would begin where it happens to end. So the little
 * that is allocated on the host's side comes from here, there is no heap, and the guest's memory begins right after the program. Freed pieces are kept
 * by size: powers of two.
 */
#define ARENA (8UL << 20)
#define SMALLEST 5

static unsigned char arena[ARENA] __attribute__((aligned(64)));
static size_t arena_used;
static void *freed[32];

struct piece {
	size_t order, pad;
};

void *malloc(size_t size)
{
	size_t order = SMALLEST;
	struct piece *piece;

	while (order < 31 && ((size_t)1 << order) < size + sizeof(*piece))
		order++;
	if (freed[order]) {
		piece = freed[order];
		freed[order] = *(void **)(piece + 1);
		return piece + 1;
	}
	if (order >= 31 || arena_used + ((size_t)1 << order) > ARENA)
		return NULL;
	piece = (struct piece *)(arena + arena_used);
	arena_used += (size_t)1 << order;
	piece->order = order;
	return piece + 1;
}

void free(void *pointer)
{
	struct piece *piece = (struct piece *)pointer - 1;

	if ((unsigned char *)pointer <= arena || (unsigned char *)pointer >= arena + ARENA)
		return;
	*(void **)pointer = freed[piece->order];
	freed[piece->order] = piece;
}

void *calloc(size_t count, size_t size)
{
	unsigned char *pointer = malloc(count * size);
	size_t i;

	for (i = 0; pointer && i < count * size; i++)
		pointer[i] = 0;
	return pointer;
}

void *realloc(void *pointer, size_t size)
{
	unsigned char *larger = malloc(size), *old = pointer;
	size_t i, had;

	if (!pointer || !larger)
		return larger;
	had = ((size_t)1 << ((struct piece *)pointer - 1)->order) - sizeof(struct piece);
	for (i = 0; i < had && i < size; i++)
		larger[i] = old[i];
	free(pointer);
	return larger;
}

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
	return (void *)(((uintptr_t)_end + 0xFFF) & ~(uintptr_t)0xFFF);
}

/* The guest's memory is a shared mapping of a file: a hole in it is what the host gets back. */
int stress_give_back(void *address, unsigned long length);

int stress_give_back(void *address, unsigned long length)
{
	return madvise(address, length, MADV_REMOVE);
}

int stress_zero_in_forks(void *address, unsigned long length);

int stress_zero_in_forks(void *address, unsigned long length)
{
	return madvise(address, length, MADV_WIPEONFORK);
}

int stress_zero(void *address, unsigned long length);

int stress_zero(void *address, unsigned long length)
{
	return madvise(address, length, MADV_DONTNEED);
}
