/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "memory"
#include "vmm/machine/ram.h"

#include "vmm/base/guest_map.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/host.h"
#include "vmm/machine/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

/* False: the host has no pages of this size, not even used ones. */
static bool huge_size(uint64_t page, uint64_t *nfree)
{
	char path[96];

	*nfree = 0;
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB/free_hugepages",
		 (unsigned long long)(page / KiB));
	return host_read_number(path, nfree) == 0;
}

static uint64_t free_huge_pages(uint64_t page)
{
	uint64_t nfree;

	return huge_size(page, &nfree) ? nfree : 0;
}

/* auto: the largest size of which enough are free; 0 = ordinary pages. */
static uint64_t choose_page(const struct opt_machine *opt)
{
	static const uint64_t sizes[] = { 1 * GiB, 16 * MiB, 2 * MiB };

	if (opt->huge_pages != OPT_HUGE_AUTO)
		return opt->huge_pages;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (opt->memory % sizes[i] == 0 &&
		    free_huge_pages(sizes[i]) >= opt->memory / sizes[i])
			return sizes[i];
	return 0;
}

static void report_no_such_size(uint64_t page)
{
	char sizes[160] = "";
	uint64_t nfree;
	size_t n = 0;

	for (uint64_t p = 64 * KiB; p <= 16 * GiB && n < sizeof(sizes); p *= 2)
		if (huge_size(p, &nfree))
			n += (size_t)snprintf(sizes + n, sizeof(sizes) - n, "%s%llu KiB",
					      n ? ", " : "", (unsigned long long)(p / KiB));
	log_error("machine.huge_pages: this host has no pages of %llu KiB (it has: %s): "
		  "choose one of its sizes, or \"auto\"",
		  (unsigned long long)(page / KiB), n ? sizes : "none");
}

static int report(const struct opt_machine *opt, uint64_t page, int r)
{
	uint64_t nfree;

	if (page && !huge_size(page, &nfree)) {
		report_no_such_size(page);
	} else if (page) {
		log_error("%llu huge pages of %llu KiB: %s: %llu are free: \"echo %llu > "
			  "/sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages\" makes them",
			  (unsigned long long)(opt->memory / page),
			  (unsigned long long)(page / KiB), strerror(-r), (unsigned long long)nfree,
			  (unsigned long long)(opt->memory / page),
			  (unsigned long long)(page / KiB));
	} else {
		log_error("%llu MiB of guest RAM: %s: lower machine.memory, "
			  "or see ulimit -v and /proc/sys/vm/overcommit_memory",
			  (unsigned long long)(opt->memory / MiB), strerror(-r));
	}
	return r;
}

static int map_aligned(struct ram *ram)
{
	const struct guest_map map = {
		.whole = ram->size,
		.size = ram->size,
		.prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS,
		.fd = -1,
	};
	void *p = NULL;
	int r = guest_map_open(&p, &map);

	ram->host = p;
	return r;
}

/*
 * The kernel aligns huge pages itself. Huge pages could not replace a reservation where a range of
 * addresses has one page size (hosts with a hash MMU).
 */
static int map_huge(struct ram *ram, uint64_t page)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	void *p;
	int r = sys_mmap(&p, NULL, ram->size, PROT_READ | PROT_WRITE,
			 flags | (int)(log2_ceil(page) << MAP_HUGE_SHIFT), -1, 0);

	if (r == 0)
		ram->host = p;
	return r;
}

int ram_open(struct ram *ram, const struct opt_machine *opt)
{
	uint64_t page = choose_page(opt);
	int r;

	*ram = (struct ram){ .size = opt->memory, .page = page ? page : sys_page_size() };
	if (opt->memory % ram->page) {
		log_error(
			"machine.memory: %llu MiB is no multiple of the %llu KiB pages behind it: "
			"change machine.memory or machine.huge_pages",
			(unsigned long long)(opt->memory / MiB),
			(unsigned long long)(ram->page / KiB));
		return -EINVAL;
	}
	r = page ? map_huge(ram, page) : map_aligned(ram);
	/* Pages that another guest has reserved and not touched yet count as free. */
	if (r == -ENOMEM && page && opt->huge_pages == OPT_HUGE_AUTO) {
		page = 0;
		ram->page = sys_page_size();
		r = map_aligned(ram);
	}
	if (r < 0)
		return report(opt, page, r);
	/* Advice only: a kernel without one of these runs the guest all the same. */
	sys_madvise(ram->host, ram->size, MADV_DONTFORK);
	sys_madvise(ram->host, ram->size, MADV_DONTDUMP);
	if (!page)
		sys_madvise(ram->host, ram->size, MADV_HUGEPAGE);
	if (page)
		log_info("%llu MiB on huge pages of %llu KiB",
			 (unsigned long long)(ram->size / MiB), (unsigned long long)(page / KiB));
	return 0;
}

void ram_close(struct ram *ram)
{
	if (ram->host)
		sys_munmap(ram->host, ram->size);
	ram->host = NULL;
}

static int clear(uint8_t *host, uint64_t len)
{
	memset(host, 0, len);
	return 0;
}

void ram_clear(struct ram *ram, struct vcpus *cpus)
{
	struct sweep s;

	/* Huge pages can be given back since Linux 5.18. */
	if (!ram->pinned && sys_madvise(ram->host, ram->size, MADV_DONTNEED) == 0)
		return;
	sweep_init(&s, ram->host, ram->size, clear, "memory: clearing");
	vcpus_all_do(cpus, sweep_work, &s);
}

int ram_discard(struct ram *ram, void *host, uint64_t len)
{
	uint64_t off = (uintptr_t)host - (uintptr_t)ram->host;

	if (off > ram->size || len > ram->size - off || off % ram->page || len % ram->page)
		return -EINVAL;
	return ram->pinned ? -EBUSY : sys_madvise(host, len, MADV_DONTNEED);
}
