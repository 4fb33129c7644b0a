/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stale: in a guest of two vCPUs, how often memory is seen that was given back, or that became another process's,
 * by a translation that the kernel has taken out of the TLB. On a CPU that does what it is told: 0.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 4096
#define AREA 65536 /* a page, or some */
#define AREAS 64
#define ROUNDS 1000
#define FORKS 20

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

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("sched_setaffinity");
}

/*
 * What another process wrote into its own copies of pages, seen by this one, which has copies as well. Both run,
 * as a CPU that sleeps forgets all; *@turn is the area that the other one writes, from 1 on.
 */
static int stale_after_copies(volatile int *turn)
{
	int stale = 0;

	*turn = 0;
	memset((void *)memory, 1, (size_t)AREAS * AREA);

	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0)
		on_cpu(1);
	for (int n = 0; n < AREAS; n++) {
		volatile char *area = memory + (size_t)n * AREA;

		if (child == 0) {
			while (*turn != n + 1)
				;
			memset((void *)area, 3, AREA);
			*turn = -1;
			continue;
		}
		for (int i = 0; i < AREA; i += PIECE)
			stale += area[i] != 1;
		area[0] = 2; /* one piece of it: all of the page is copied */
		*turn = n + 1;
		while (*turn > 0)
			;
		for (int i = 0; i < AREA; i += PIECE)
			stale += area[i] == 3;
	}
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	return stale;
}

int main(void)
{
	int stale = 0, copies = 0;

	on_cpu(0);
	volatile int *turn =
		mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memory = mmap(NULL, (size_t)AREAS * AREA, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (turn == MAP_FAILED || memory == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < (size_t)AREAS * AREA; i += PIECE)
		memory[i] = 1; /* page tables are there, and stay */
	for (int i = 0; i < ROUNDS; i++)
		stale += stale_in(AREAS / 2 + i % 16);
	for (int i = 0; i < FORKS; i++)
		copies += stale_after_copies(turn);
	printf("stale: %d of %d given back, %d of %d copied on write, pages of %ld KiB\n", stale,
	       ROUNDS * AREA / PIECE, copies, FORKS * AREAS * AREA / PIECE,
	       sysconf(_SC_PAGESIZE) / 1024);
	return 0;
}
