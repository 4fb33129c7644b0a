/* SPDX-License-Identifier: BSD-2-Clause */
/* Which ranges of our address space came through the seam. Called with fake_lock held. */
#include "tests/fake/kernel.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MAPS 4096

static struct map {
	uintptr_t start, end;
	char name[40];
} maps[MAX_MAPS];
static int nmaps;

void fake_maps_reset(void)
{
	nmaps = 0;
}

static void put(uintptr_t start, uintptr_t end, const char *name)
{
	if (start >= end)
		return;
	if (nmaps == MAX_MAPS)
		abort();
	maps[nmaps].start = start;
	maps[nmaps].end = end;
	snprintf(maps[nmaps].name, sizeof(maps[nmaps].name), "%s", name);
	nmaps++;
}

/* Cut [p, p + len) out of whatever is there; pieces at both ends stay. */
void fake_map_del(void *p, size_t len, char *name, size_t size)
{
	uintptr_t start = (uintptr_t)p, end = start + len;

	snprintf(name, size, "nothing");
	for (int i = 0; i < nmaps; i++) {
		struct map m = maps[i];

		if (m.end <= start || m.start >= end)
			continue;
		snprintf(name, size, "%s", m.name);
		maps[i--] = maps[--nmaps];
		put(m.start, m.start > start ? m.start : start, m.name);
		put(m.end < end ? m.end : end, m.end, m.name);
	}
}

void fake_map_add(void *p, size_t len, const char *name)
{
	char old[40];

	fake_map_del(p, len, old, sizeof(old)); /* MAP_FIXED replaces */
	put((uintptr_t)p, (uintptr_t)p + len, name);
}

int fake_mappings(void)
{
	int n;

	pthread_mutex_lock(&fake_lock);
	n = nmaps;
	pthread_mutex_unlock(&fake_lock);
	return n;
}

uint64_t fake_mapped(void)
{
	uint64_t sum = 0;

	pthread_mutex_lock(&fake_lock);
	for (int i = 0; i < nmaps; i++)
		sum += maps[i].end - maps[i].start;
	pthread_mutex_unlock(&fake_lock);
	return sum;
}
