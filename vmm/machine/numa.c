/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/numa.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/host.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION (16 * MiB) /* what Linux on POWER knows the node of */

/* ---- RAM ---- */

int numa_share(const struct opt_machine *opt, uint64_t page, uint64_t *share)
{
	uint64_t unit = page > SECTION ? page : SECTION;

	*share = opt->nnuma ? ALIGN_DOWN(opt->memory / opt->nnuma, unit) : 0;
	if (!opt->nnuma || *share)
		return 0;
	log_error("machine.numa: %zu nodes cannot share %llu MiB in pages of %llu KiB: "
		  "lower machine.huge_pages",
		  opt->nnuma, (unsigned long long)(opt->memory / MiB),
		  (unsigned long long)(page / KiB));
	return -EINVAL;
}

/* Pages of a pool are counted for the host as a whole: on a node that has too few a touch is fatal. */
static int check_huge_pages(uint64_t page, uint64_t size, unsigned int node, size_t i)
{
	char path[112];
	uint64_t nfree = 0;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/node/node%u/hugepages/hugepages-%llukB/free_hugepages", node,
		 (unsigned long long)(page / KiB));
	if (host_read_number(path, &nfree) == 0 && nfree >= size / page)
		return 0;
	log_error("machine.numa.%zu: host node %u has %llu free huge pages of %llu KiB, %llu are "
		  "needed: \"echo N > %.*s/nr_hugepages\" makes N of them",
		  i, node, (unsigned long long)nfree, (unsigned long long)(page / KiB),
		  (unsigned long long)(size / page), (int)(strrchr(path, '/') - path), path);
	return -ENOMEM;
}

static int bind_share(const struct ram *ram, uint64_t at, uint64_t size, unsigned int node,
		      size_t i)
{
	int r = ram->page > sys_page_size() ? check_huge_pages(ram->page, size, node, i) : 0;

	if (r < 0)
		return r;
	r = sys_mbind(ram->host + at, size, node);
	if (r < 0)
		log_error("machine.numa.%zu: host node %u: %s: choose a node that "
			  "/sys/devices/system/node/has_memory names",
			  i, node, strerror(-r));
	return r;
}

int numa_bind_ram(const struct opt_machine *opt, const struct ram *ram, uint64_t share)
{
	int r = 0;

	for (size_t i = 0; i < opt->nnuma && r == 0; i++) {
		uint64_t at = i * share;

		r = bind_share(ram, at, i + 1 < opt->nnuma ? share : ram->size - at,
			       (unsigned int)strtoul(opt->numa[i], NULL, 10), i);
	}
	return r;
}

/* ---- vCPUs ---- */

/* Room for all that a kernel can have; a cpu_set_t has room for 1024. */
struct cpus {
	unsigned long bits[(OPT_HOST_CPU_MAX + 1) / (8 * sizeof(unsigned long))];
};

/* "8" or "8,9,12" */
static void parse(struct cpus *set, const char *text)
{
	*set = (struct cpus){ 0 };
	while (*text) {
		char *end;

		CPU_SET_S(strtoul(text, &end, 10), sizeof(*set), (cpu_set_t *)set);
		text = *end ? end + 1 : end;
	}
}

/* The kernel leaves out what it does not have: the first CPU of @want that is not in @got. */
static int missing(const struct cpus *want, const struct cpus *got)
{
	for (int cpu = 0; cpu <= OPT_HOST_CPU_MAX; cpu++)
		if (CPU_ISSET_S((unsigned int)cpu, sizeof(*want), (const cpu_set_t *)want) &&
		    !CPU_ISSET_S((unsigned int)cpu, sizeof(*got), (const cpu_set_t *)got))
			return cpu;
	return -1;
}

static int pin(pthread_t thread, const char *text, size_t i)
{
	struct cpus want, got = { 0 };
	int r, cpu;

	parse(&want, text);
	r = -pthread_setaffinity_np(thread, sizeof(want), (cpu_set_t *)&want);
	if (r == 0)
		r = -pthread_getaffinity_np(thread, sizeof(got), (cpu_set_t *)&got);
	cpu = missing(&want, &got);
	if (cpu < 0)
		return r;
	log_error("machine.cpus.%zu: host CPU %d: it is not there, is offline, or this process may "
		  "not use it: choose among /sys/devices/system/cpu/online and the cpuset.cpus "
		  "of its control group",
		  i, cpu);
	return r < 0 ? r : -EINVAL;
}

int numa_pin_cpus(const struct opt_machine *opt, struct vcpus *cpus)
{
	int r = 0;

	for (uint32_t i = 0; i < cpus->n && i < opt->ncpus && r == 0; i++)
		r = pin(cpus->v[i].thread, opt->cpus[i], i);
	return r;
}
