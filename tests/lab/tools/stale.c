/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stale: in a guest, how often memory that was given back is still seen, by a translation that the kernel has
 * taken out of the TLB. On a CPU that does what it is told: 0.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <sys/mman.h>
#include <unistd.h>

#define PIECE 4096
#define AREA 65536 /* a page, or some */
#define AREAS 64
#define ROUNDS 1000

static volatile char *memory;

/* Pieces of area @n that read as they were written, though the area is new and must be zero. */
static int stale_in(int n)
{
	volatile char *area = memory + (size_t)n * AREA;
	int stale = 0;

	for (int i = 0; i < AREA; i += PIECE)
		area[i] = 1;
	if (madvise((void *)area, AREA, MADV_DONTNEED) < 0)
		die("madvise");
	for (int i = 0; i < AREA; i += PIECE)
		stale += area[i];
	return stale;
}

int main(void)
{
	int stale = 0;

	memory = mmap(NULL, (size_t)AREAS * AREA, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < (size_t)AREAS * AREA; i += PIECE)
		memory[i] = 1; /* page tables are there, and stay */
	for (int i = 0; i < ROUNDS; i++)
		stale += stale_in(AREAS / 2 + i % 16);
	printf("stale: %d of %d, pages of %ld KiB\n", stale, ROUNDS * AREA / PIECE,
	       sysconf(_SC_PAGESIZE) / 1024);
	return 0;
}
