/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/gmem.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int gmem_add(struct gmem *g, gpa_t base, uint64_t size, void *host)
{
	const struct gmem_bank *last = g->nbanks ? &g->banks[g->nbanks - 1] : NULL;

	if (size == 0 || base > UINT64_MAX - (size - 1))
		return -EINVAL;
	if (last && (base < last->base || base - last->base < last->size))
		return -EINVAL;
	if (g->nbanks == GMEM_MAX_BANKS)
		return -ENOSPC;
	g->banks[g->nbanks++] = (struct gmem_bank){ .base = base, .size = size, .host = host };
	return 0;
}

static uint8_t *gmem_at(const struct gmem *g, gpa_t gpa, uint64_t len)
{
	for (const struct gmem_bank *b = g->banks, *end = b + g->nbanks; b < end; b++) {
		uint64_t offset = gpa - b->base;

		if (gpa >= b->base && offset < b->size)
			return len <= b->size - offset ? b->host + offset : NULL;
	}
	return NULL;
}

int gmem_read(const struct gmem *g, gpa_t gpa, void *buf, size_t len)
{
	const uint8_t *p = gmem_at(g, gpa, len);

	if (!p)
		return -EFAULT;
	memcpy(buf, p, len);
	return 0;
}

int gmem_write(const struct gmem *g, gpa_t gpa, const void *buf, size_t len)
{
	uint8_t *p = gmem_at(g, gpa, len);

	if (!p)
		return -EFAULT;
	memcpy(p, buf, len);
	return 0;
}

int gmem_set(const struct gmem *g, gpa_t gpa, uint8_t byte, size_t len)
{
	uint8_t *p = gmem_at(g, gpa, len);

	if (!p)
		return -EFAULT;
	memset(p, byte, len);
	return 0;
}

int gmem_move(const struct gmem *g, gpa_t to, gpa_t from, uint64_t len)
{
	const uint8_t *p = gmem_at(g, from, len);
	uint8_t *q = gmem_at(g, to, len);

	if (!p || !q)
		return -EFAULT;
	memmove(q, p, len);
	return 0;
}

bool gmem_contains(const struct gmem *g, gpa_t gpa, uint64_t len)
{
	return gmem_at(g, gpa, len) != NULL;
}

void *gmem_dma_host(const struct gmem *g, gpa_t gpa, uint64_t len)
{
	return gmem_at(g, gpa, len);
}

/*
 * Give a range its memory at once: reading a file into pages that are not there faults them one by
 * one, which costs twice as much as the reading. Advice only, hence no error.
 */
static void populate(const uint8_t *p, uint64_t len)
{
	uintptr_t page = sys_page_size(), start = (uintptr_t)p & ~(page - 1);

	sys_madvise((void *)start, (uintptr_t)p + len - start, MADV_POPULATE_WRITE);
}

int gmem_load_file(const struct gmem *g, gpa_t gpa, int fd, uint64_t offset, uint64_t len)
{
	uint8_t *p = gmem_at(g, gpa, len);

	if (!p)
		return -EFAULT;
	populate(p, len);
	while (len > 0) {
		ssize_t n = sys_pread(fd, p, len, offset);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? (int)n : -ENODATA;
		p += n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

gpa_t gmem_end(const struct gmem *g)
{
	const struct gmem_bank *last;

	if (g->nbanks == 0)
		return 0;
	last = &g->banks[g->nbanks - 1];
	return last->base + last->size;
}

uint64_t gmem_size(const struct gmem *g)
{
	uint64_t sum = 0;

	for (int i = 0; i < g->nbanks; i++)
		sum += g->banks[i].size;
	return sum;
}
