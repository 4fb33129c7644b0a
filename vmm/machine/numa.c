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
#include <sys/mman.h>

/* ---- RAM ---- */

/* Bytes of node @i but of the last, which has the rest, in whole units. */
static uint64_t share(const struct opt_machine *opt, size_t i, uint64_t unit)
{
	uint64_t bytes = 0;

	if (!opt->nnuma_memory)
		return ALIGN_DOWN(opt->memory / opt->nnuma, unit);
	conf_size_parse(opt->numa_memory[i], &bytes); /* it was judged */
	return IS_ALIGNED(bytes, unit) ? bytes : 0;
}

int numa_share(const struct opt_machine *opt, uint64_t page, uint64_t **ends)
{
	uint64_t unit = page > OPT_NODE_UNIT ? page : OPT_NODE_UNIT, end = 0;

	*ends = opt->nnuma ? calloc(opt->nnuma, sizeof(**ends)) : NULL;
	if (opt->nnuma && !*ends) {
		log_error("out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < opt->nnuma; i++) {
		uint64_t bytes = share(opt, i, unit);

		if (!bytes) {
			log_error(
				"machine.numa: %zu nodes cannot share %llu MiB in pages of %llu KiB: "
				"lower machine.huge_pages",
				opt->nnuma, (unsigned long long)(opt->memory / MiB),
				(unsigned long long)(page / KiB));
			return -EINVAL;
		}
		end += bytes;
		(*ends)[i] = i + 1 < opt->nnuma ? end : opt->memory;
	}
	return 0;
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

static void no_node(struct finding *f, size_t i, unsigned int node, int err)
{
	char object[32];

	snprintf(object, sizeof(object), "machine.numa.%zu", i);
	finding_fail(f, "", object, "host node %u: %s", node, strerror(-err));
	finding_remedy(f, "choose a node that /sys/devices/system/node/has_memory names");
}

int numa_try_node(const struct opt_machine *opt, size_t i, struct finding *f)
{
	unsigned int node = (unsigned int)strtoul(opt->numa[i], NULL, 10);
	size_t len = sys_page_size();
	void *page;
	int r = sys_mmap(&page, NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (r < 0)
		return 0; /* the start says better why there is no memory */
	r = sys_mbind(page, len, node);
	sys_munmap(page, len);
	if (r < 0)
		no_node(f, i, node, r);
	return r;
}

static int bind_share(const struct ram *ram, uint64_t at, uint64_t size, unsigned int node,
		      size_t i)
{
	int r = ram->page > sys_page_size() ? check_huge_pages(ram->page, size, node, i) : 0;

	if (r < 0)
		return r;
	r = sys_mbind(ram->host + at, size, node);
	if (r < 0) {
		struct finding f;

		no_node(&f, i, node, r);
		finding_log(&f);
	}
	return r;
}

int numa_bind_ram(const struct opt_machine *opt, const struct ram *ram, const uint64_t *ends)
{
	uint64_t at = 0;
	int r = 0;

	for (size_t i = 0; i < opt->nnuma && r == 0; i++) {
		r = bind_share(ram, at, ends[i] - at, (unsigned int)strtoul(opt->numa[i], NULL, 10),
			       i);
		at = ends[i];
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

/* @thread runs on the CPUs of vCPU @i alone. 0; or -errno, and why in @f. */
static int pin(pthread_t thread, const struct opt_machine *opt, size_t i, struct finding *f)
{
	struct cpus want, got = { 0 };
	char object[32];
	int r, cpu;

	parse(&want, opt->cpus[i]);
	r = -pthread_setaffinity_np(thread, sizeof(want), (cpu_set_t *)&want);
	if (r == 0)
		r = -pthread_getaffinity_np(thread, sizeof(got), (cpu_set_t *)&got);
	cpu = missing(&want, &got);
	snprintf(object, sizeof(object), "machine.cpus.%zu", i);
	if (cpu < 0) {
		if (r < 0)
			finding_fail(f, "", object, "%s", strerror(-r));
		return r;
	}
	finding_fail(f, "", object,
		     "host CPU %d: it is not there, is offline, or this process may not use it",
		     cpu);
	finding_remedy(f, "choose among /sys/devices/system/cpu/online and the cpuset.cpus of its "
			  "control group");
	return r < 0 ? r : -EINVAL;
}

int numa_pin_cpus(const struct opt_machine *opt, struct vcpus *cpus)
{
	struct finding f;
	int r = 0;

	for (uint32_t i = 0; i < cpus->n && i < opt->ncpus && r == 0; i++)
		r = pin(cpus->v[i].thread, opt, i, &f);
	if (r < 0)
		finding_log(&f);
	return r;
}

int numa_try_cpus(const struct opt_machine *opt, size_t i, struct finding *f)
{
	struct cpus before = { 0 };
	int r;

	pthread_getaffinity_np(pthread_self(), sizeof(before), (cpu_set_t *)&before);
	r = pin(pthread_self(), opt, i, f);
	pthread_setaffinity_np(pthread_self(), sizeof(before), (cpu_set_t *)&before);
	return r;
}
