/* SPDX-License-Identifier: BSD-2-Clause */
/* Which ranges of our address space came through the seam. Called with fake_lock held. */
#include "tests/fake/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_MAPS 4096

static struct map {
	uintptr_t start, end;
	char name[40];
	const void *owner;
	uint64_t page;
	int prot;
} maps[MAX_MAPS];
static int nmaps;

void fake_maps_reset(void)
{
	nmaps = 0;
}

/* A part of @like. */
static void put(uintptr_t start, uintptr_t end, const struct map *like)
{
	if (start >= end)
		return;
	if (nmaps == MAX_MAPS)
		abort();
	maps[nmaps] = *like;
	maps[nmaps].start = start;
	maps[nmaps].end = end;
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
		put(m.start, m.start > start ? m.start : start, &m);
		put(m.end < end ? m.end : end, m.end, &m);
	}
}

void fake_map_add(void *p, size_t len, const struct fake_map_kind *kind)
{
	struct map m = { .owner = kind->owner, .page = kind->page, .prot = kind->prot };
	char old[40];

	snprintf(m.name, sizeof(m.name), "%s", kind->name);
	fake_map_del(p, len, old, sizeof(old)); /* MAP_FIXED replaces */
	put((uintptr_t)p, (uintptr_t)p + len, &m);
}

bool fake_maps_of(const void *owner)
{
	for (int i = 0; i < nmaps; i++)
		if (maps[i].owner == owner)
			return true;
	return false;
}

static const struct map *find(uintptr_t addr)
{
	for (int i = 0; i < nmaps; i++)
		if (addr >= maps[i].start && addr < maps[i].end)
			return &maps[i];
	return NULL;
}

const void *fake_map_owner(const void *p)
{
	const struct map *m = find((uintptr_t)p);

	return m ? m->owner : NULL;
}

uint64_t fake_maps_backing(const void *p, uint64_t len)
{
	uint64_t least = UINT64_MAX;
	const struct map *m;

	for (uintptr_t at = (uintptr_t)p; at < (uintptr_t)p + len; at = m->end) {
		m = find(at);
		if (!m || !(m->prot & PROT_WRITE) ||
		    (strcmp(m->name, "anonymous") != 0 && strcmp(m->name, "memfd") != 0))
			return 0;
		least = m->page < least ? m->page : least;
	}
	return least;
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
