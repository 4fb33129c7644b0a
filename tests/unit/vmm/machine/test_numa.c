/* SPDX-License-Identifier: BSD-2-Clause */
/* numa.c: vCPUs' threads on CPUs of this machine, RAM on nodes of the fake one. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"
#include "vmm/machine/numa.h"

#include <sched.h>

TestSuite(numa, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

/* The @n-th of the CPUs that this process may use; the last one where there are fewer. */
static int allowed(int n)
{
	int found = 0;
	cpu_set_t set;

	cr_assert(eq(int, sched_getaffinity(0, sizeof(set), &set), 0));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		found = cpu;
		if (n-- == 0)
			break;
	}
	return found;
}

static cpu_set_t affinity(const struct machine *m, int vcpu)
{
	cpu_set_t set;

	cr_assert(eq(int, pthread_getaffinity_np(m->cpus.v[vcpu].thread, sizeof(set), &set), 0));
	return set;
}

Test(numa, each_vcpu_runs_on_its_cpus_alone)
{
	int a = allowed(0), b = allowed(1);
	struct machine *m;
	cpu_set_t set;
	char sets[80];

	snprintf(sets, sizeof(sets), "machine.vcpus=2 machine.cpus=[%d,[%d,%d]]", b, a, b);
	m = fx_machine(sets);
	set = affinity(m, 0);
	cr_expect(eq(int, CPU_COUNT(&set), 1));
	cr_expect(eq(int, CPU_ISSET(b, &set) != 0, 1));
	set = affinity(m, 1);
	cr_expect(eq(int, CPU_COUNT(&set), a == b ? 1 : 2));
	cr_expect(eq(int, CPU_ISSET(a, &set) != 0, 1));
	machine_destroy(m);
	FX_NOTHING_OPEN();
}

Test(numa, ram_is_shared_by_nodes_and_the_last_has_the_rest)
{
	machine_destroy(fx_machine("machine.memory=400MiB machine.numa=[8,0,8]"));
	cr_expect(eq(int, fake_count("mbind"), 3));
	cr_expect(eq(int, fake_count("mbind 128 MiB node 8"), 1));
	cr_expect(eq(int, fake_count("mbind 128 MiB node 0"), 1));
	cr_expect(eq(int, fake_count("mbind 144 MiB node 8"), 1));
	FX_NOTHING_OPEN();
}

Test(numa, nodes_may_have_ram_of_their_own_size)
{
	machine_destroy(fx_machine("machine.memory=400MiB machine.numa=[8,0] "
				   "machine.numa_memory=[\"144MiB\",\"256M\"]"));
	cr_expect(eq(int, fake_count("mbind"), 2));
	cr_expect(eq(int, fake_count("mbind 144 MiB node 8"), 1));
	cr_expect(eq(int, fake_count("mbind 256 MiB node 0"), 1));
	FX_NOTHING_OPEN();
}

Test(numa, sizes_of_nodes_are_all_of_ram)
{
	static const struct {
		const char *sizes, *text;
	} table[] = {
		{ "[\"1GiB\"]", "machine.numa_memory: 1 sizes for 2 nodes: give each node one" },
		{ "[\"256MiB\",\"128MiB\"]",
		  "machine.numa_memory: 384MiB in all, but machine.memory is 400MiB" },
		{ "[\"16MiB\",\"384MiB\"]",
		  "machine.numa_memory: 16MiB for the first node: it needs 128MiB" },
		{ "[\"8MiB\",\"392MiB\"]",
		  "machine.numa_memory.0: \"8MiB\" is not a multiple of 16MiB" },
		{ "[\"much\",\"392MiB\"]",
		  "machine.numa_memory.0: \"much\" is not a size such as \"1GiB\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char sizes[80], *sets[] = { "machine.memory=400MiB", "machine.numa=[0,8]", sizes };
		struct options opt;

		snprintf(sizes, sizeof(sizes), "machine.numa_memory=%s", table[i].sizes);
		said_forget();
		cr_expect(eq(int, options_load(&opt, fx.config, sets, 3), -EINVAL));
		cr_expect(said(table[i].text), "%s", said_all());
	}
}

Test(numa, without_a_word_nothing_is_placed)
{
	machine_destroy(fx_machine("machine.vcpus=2"));
	cr_expect(eq(int, fake_count("mbind"), 0));
}

/* Where the pool of a node is short a guest would die of a touch: it does not start. */
Test(numa, huge_pages_must_be_free_on_the_node)
{
	static const char path[] =
		"/sys/devices/system/node/node8/hugepages/hugepages-2048kB/free_hugepages";
	const struct options *opt =
		fx_options("machine.memory=256MiB machine.huge_pages=2MiB machine.numa=[8]");
	struct machine *m;

	fake_set_huge_pages(2 * MiB, 1000);
	fake_serve(path, "127\n", 4);
	cr_assert(eq(int, (int)machine_create(&m, opt), STATUS_HOST));
	cr_assert(
		said("host node 8 has 127 free huge pages of 2048 KiB, 128 are needed: \"echo N "
		     "> /sys/devices/system/node/node8/hugepages/hugepages-2048kB/nr_hugepages\""),
		"%s", said_all());
	fake_serve(path, "128\n", 4);
	cr_assert(eq(int, (int)machine_create(&m, opt), STATUS_OFF), "%s", said_all());
	machine_destroy(m);
	FX_NOTHING_OPEN();
}

Test(numa, pages_that_are_too_large_for_a_share)
{
	struct machine *m;

	fake_set_huge_pages(1 * GiB, 4);
	cr_assert(eq(int,
		     (int)machine_create(&m, fx_options("machine.memory=1GiB machine.huge_pages="
							"1GiB machine.numa=[0,8]")),
		     STATUS_HOST));
	cr_assert(said("2 nodes cannot share 1024 MiB in pages of 1048576 KiB"), "%s", said_all());
	said_forget();
	cr_assert(eq(
		int,
		(int)machine_create(&m, fx_options("machine.memory=2GiB machine.huge_pages=1GiB "
						   "machine.numa=[0,8] "
						   "machine.numa_memory=[\"512MiB\",\"1536MiB\"]")),
		STATUS_HOST));
	cr_assert(said("2 nodes cannot share 2048 MiB in pages of 1048576 KiB"), "%s", said_all());
	FX_NOTHING_OPEN();
}
