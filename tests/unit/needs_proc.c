/* SPDX-License-Identifier: BSD-2-Clause */
/* In every unit test: without /proc Criterion finds no tests, and says no more than that. */
#include <stdio.h>
#include <unistd.h>

static void __attribute__((constructor)) needs_proc(void)
{
	if (access("/proc/self/exe", F_OK) == 0)
		return;
	fputs("needs /proc: mount it: mount -t proc proc /proc\n", stderr);
	_exit(1);
}
