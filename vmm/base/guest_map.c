/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/guest_map.h"

#include "vmm/base/sys.h"

#include <sys/mman.h>

/* The largest page that the partition-scoped tables of radix KVM can map of so much at once. */
static uint64_t alignment(uint64_t whole)
{
	return whole >= 1 * GiB ? 1 * GiB : whole >= 2 * MiB ? 2 * MiB : sys_page_size();
}

/* Reserve address space with room to align, map over a part of it, give the rest back. */
int guest_map_open(void **out, const struct guest_map *m)
{
	uint64_t align = alignment(m->whole), room = m->size + align;
	uint8_t *area, *start;
	void *p;
	int r;

	if (align == sys_page_size())
		return sys_mmap(out, NULL, m->size, m->prot, m->flags, m->fd, m->offset);
	r = sys_mmap(&p, NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r < 0)
		return r;
	area = p;
	start = area + (m->at - (uintptr_t)area) % align;
	r = sys_mmap(&p, start, m->size, m->prot, m->flags | MAP_FIXED, m->fd, m->offset);
	if (r < 0) {
		sys_munmap(area, room);
		return r;
	}
	if (start > area)
		sys_munmap(area, (size_t)(start - area));
	sys_munmap(start + m->size, (size_t)(area + room - (start + m->size)));
	*out = start;
	return 0;
}
