/* SPDX-License-Identifier: BSD-2-Clause */
/* passthrough_groups.c: [[vfio]] entries by their groups, and where their functions are in the guest. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"
#include "vmm/machine/passthrough_groups.h"

static struct pass_groups groups;

static void teardown(void)
{
	pass_groups_free(&groups);
	fx_teardown();
}

TestSuite(passthrough_groups, .init = fx_setup, .fini = teardown, .timeout = 30);

static void make(const char *sets)
{
	cr_assert(eq(int, pass_groups_make(&groups, fx_options(sets)), 0));
}

Test(passthrough_groups, entries_of_a_group_are_together_in_their_order)
{
	fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
	fake_hostdev_new(FAKE_E1000E, "0005:01:00.0", 27, "");
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", 26, "e1000e");
	make(ONE "vfio.1.host=0005:01:00.0 vfio.2.host=0004:01:00.1 vfio.2.ddw=false");
	cr_assert(eq(u32, groups.n, 2));
	cr_assert(eq(int, groups.group[0].id, 26));
	cr_assert(eq(u32, groups.group[0].nentries, 2));
	cr_assert(eq(str, groups.group[0].entries[0].opt->host, BDF));
	cr_assert(eq(str, groups.group[0].entries[1].opt->host, "0004:01:00.1"));
	cr_assert(not(groups.group[0].ddw)); /* one of them does not want it */
	cr_assert(eq(int, groups.group[1].id, 27));
	cr_assert(eq(u32, groups.group[1].nentries, 1));
	cr_assert(groups.group[1].ddw);
}

Test(passthrough_groups, an_entry_without_a_group_says_why)
{
	struct fake_hostdev *alone = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");

	alone->group = -1;
	make(ONE "vfio.1.host=0009:01:00.0");
	cr_assert(eq(u32, groups.n, 0));
	cr_assert(eq(int, groups.ids[0], -ENODEV));
	cr_assert(eq(int, groups.ids[1], -ENOENT));
	cr_assert(eq(u64, groups.need.tables, 0));
}

struct placed {
	char host[3][BDF_LEN];
	uint8_t devfn[3];
};

ParameterizedTestParameters(passthrough_groups, functions_of_a_device_stay_together)
{
	static struct placed cases[] = {
		/* Their own numbers with a function 0, counted without one. */
		{ { "0004:01:00.0", "0004:01:00.3", "0004:01:00.2" }, { 0x00, 0x03, 0x02 } },
		{ { "0004:01:00.2", "0004:01:00.5", "0004:01:00.1" }, { 0x00, 0x01, 0x02 } },
		/* Devices are counted, also where another one's function is listed in between. */
		{ { "0004:01:00.0", "0004:01:01.0", "0004:01:00.1" }, { 0x00, 0x08, 0x01 } },
		{ { "0004:01:03.1", "0004:02:03.0", "0004:01:03.2" }, { 0x00, 0x08, 0x01 } },
		{ { "10004:01:00.0", "0004:01:00.0", "10004:01:00.6" }, { 0x00, 0x08, 0x06 } },
	};

	return cr_make_param_array(struct placed, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct placed *p, passthrough_groups, functions_of_a_device_stay_together)
{
	char sets[128];

	for (size_t i = 0; i < 3; i++)
		fake_hostdev_new(FAKE_E1000E, p->host[i], 26, "");
	snprintf(sets, sizeof(sets), "vfio.0.host=%s vfio.1.host=%s vfio.2.host=%s", p->host[0],
		 p->host[1], p->host[2]);
	make(sets);
	for (size_t i = 0; i < 3; i++)
		cr_assert(eq(u8, groups.group[0].entries[i].devfn, p->devfn[i]), "%s", p->host[i]);
}
