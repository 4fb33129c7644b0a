/* SPDX-License-Identifier: BSD-2-Clause */
/* How long the thread of a vCPU waited for a CPU of the host, as the scheduler counts. */
#include "vmm/kvm/vcpus.h"

#include "vmm/base/file.h"
#include "vmm/base/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASKS "/proc/self/task"

/* Threads are known by their names, see thread_enter(). */
static bool open_one(void *ctx, const char *tid)
{
	struct vcpus *s = ctx;
	char path[80], name[32];
	unsigned long i;

	snprintf(path, sizeof(path), TASKS "/%.20s/comm", tid);
	if (file_read_text(path, name, sizeof(name)) < 0 || strncmp(name, "vcpu", 4) != 0)
		return true;
	i = strtoul(name + 4, NULL, 10);
	if (i >= s->n || i >= VCPUS_MAX_STATS)
		return true;
	snprintf(path, sizeof(path), TASKS "/%.20s/schedstat", tid);
	s->v[i].steal_fd = sys_open(path, O_RDONLY, 0);
	return s->v[i].steal_fd >= 0;
}

void vcpus_open_steal(struct vcpus *s)
{
	sys_list(TASKS, open_one, s);
}

/* The file: nanoseconds on a CPU, nanoseconds of waiting for one, turns. */
bool vcpu_steal_ns(const struct vcpu *v, uint64_t *ns)
{
	char text[80], *wait;
	ssize_t n = v->steal_fd < 0 ? -1 : sys_pread(v->steal_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	wait = strchr(text, ' ');
	if (!wait)
		return false;
	*ns = strtoull(wait, NULL, 10);
	return true;
}
