/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam's mappings, with the page size of the host that we play. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#define HUGE_FLAGS (MAP_HUGETLB | (int)(0x3fu << MAP_HUGE_SHIFT))

static uint64_t page_of(int flags)
{
	return flags & MAP_HUGETLB ? 1ULL << ((unsigned int)flags >> MAP_HUGE_SHIFT & 0x3f)
				   : fake_facts.page_size;
}

/* Huge pages are counted here, the memory is ordinary. */
static int take_huge(size_t len, int flags)
{
	uint64_t page = page_of(flags);

	if (!(flags & MAP_HUGETLB))
		return 0;
	return len % page ? -EINVAL : fake_take_huge_pages(page, len / page);
}

/* A kernel with larger pages than ours gives addresses that are multiples of them. */
static int map_aligned(void **out, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	size_t page = fake_facts.page_size;
	uint8_t *area, *start;
	void *p;
	int r = real_mmap(&p, NULL, len + page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (r < 0)
		return r;
	area = p;
	start = (uint8_t *)ALIGN_UP((uintptr_t)area, page);
	r = real_mmap(out, start, len, prot, flags | MAP_FIXED, fd, offset);
	if (r < 0) {
		real_munmap(area, len + page);
		return r;
	}
	if (start > area)
		real_munmap(area, (size_t)(start - area));
	if (area + page > start)
		real_munmap(start + len, (size_t)(area + page - start));
	return 0;
}

static int map(void **out, void *addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	size_t page = fake_facts.page_size;

	if (len == 0 || offset % page || (flags & MAP_FIXED && (uintptr_t)addr % page))
		return -EINVAL;
	len = ALIGN_UP(len, page);
	if (flags & MAP_FIXED || page == real_page_size())
		return real_mmap(out, addr, len, prot, flags, fd, offset);
	return map_aligned(out, len, prot, flags, fd, offset);
}

int sys_mmap(void **out, void *addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	const struct fake_file *f;
	const char *name;
	int r;

	pthread_mutex_lock(&fake_lock);
	f = fake_file_find(fd);
	name = fd < 0 ? "anonymous" : f ? f->name : "unknown";
	r = fake_enter("mmap %s", name);
	if (r == 0 && f && f->ops)
		r = f->ops->may_mmap ? f->ops->may_mmap((struct fake_file *)f, len, offset)
				     : -ENODEV;
	if (r == 0)
		r = take_huge(len, flags);
	if (r == 0)
		r = map(out, addr, len, prot, flags & ~HUGE_FLAGS, fd, offset);
	if (r == 0)
		fake_map_add(
			*out, ALIGN_UP(len, fake_facts.page_size),
			&(struct fake_map_kind){ name, f ? f->obj : NULL, page_of(flags), prot });
	fake_log(r, "mmap %s %zu KiB", name, len / 1024);
	pthread_mutex_unlock(&fake_lock);
	return r;
}

int sys_munmap(void *addr, size_t len)
{
	size_t page = fake_facts.page_size;
	char name[40] = "nothing";
	int r = -EINVAL;

	pthread_mutex_lock(&fake_lock);
	if (len > 0 && (uintptr_t)addr % page == 0) {
		len = ALIGN_UP(len, page);
		r = real_munmap(addr, len);
		fake_map_del(addr, len, name, sizeof(name));
		fake_vfio_reap(); /* a mapping holds its file */
	}
	pthread_mutex_unlock(&fake_lock);
	fake_log(r, "munmap %s", name);
	return r;
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

bool fake_populates;

/* Threads that populate do so beside the calls of a start, which keep their numbers. */
static bool beside(int advice)
{
	return advice == MADV_POPULATE_WRITE && gettid() != getpid() && !fake_populates;
}

int sys_madvise(void *addr, size_t len, int advice)
{
	int r = beside(advice) ? fake_enter_apart("madvise 23") : fake_enter("madvise %d", advice);

	/* Populating costs a second of the host's time for each GiB and shows a test nothing. */
	if (r == 0 && (advice != MADV_POPULATE_WRITE || fake_populates))
		r = real_madvise(addr, len, advice);
	fake_log(r, "madvise %d", advice);
	return r;
}

/* A host with memory on nodes 0 and 8, as a POWER9 of two sockets. */
int sys_mbind(void *addr, size_t len, uint32_t node)
{
	int r = fake_enter("mbind");

	if (r == 0 && ((uintptr_t)addr % real_page_size() || (node != 0 && node != 8)))
		r = -EINVAL;
	fake_log(r, "mbind %llu MiB node %u", (unsigned long long)(len / MiB), node);
	return r;
}

size_t sys_page_size(void)
{
	return fake_facts.page_size;
}
