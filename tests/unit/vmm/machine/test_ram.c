/* SPDX-License-Identifier: BSD-2-Clause */
/* ram.c: guest memory, its alignment, huge pages, and what is said when there is none. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/ram.h"

static void setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
}

/* The calling thread alone, which holds the lock. */
static void clear(struct ram *ram)
{
	struct vcpus none = { .lock = PTHREAD_MUTEX_INITIALIZER };

	vcpus_lock(&none);
	ram_clear(ram, &none);
	vcpus_unlock(&none);
}

TestSuite(ram, .init = setup, .timeout = 10);

struct size_case {
	uint64_t size, align;
};

ParameterizedTestParameters(ram, memory_is_aligned_for_the_largest_pages_and_zero)
{
	static struct size_case cases[] = {
		{ 128 * MiB, 2 * MiB },
		{ 256 * MiB + 64 * KiB, 2 * MiB },
		{ 1 * GiB, 1 * GiB },
		{ 3 * GiB, 1 * GiB },
	};

	return cr_make_param_array(struct size_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct size_case *p, ram, memory_is_aligned_for_the_largest_pages_and_zero)
{
	struct opt_machine opt = { .memory = p->size, .huge_pages = 0 };
	struct ram ram;

	cr_assert(eq(int, ram_open(&ram, &opt), 0), "%s", said_all());
	cr_assert(eq(u64, (uintptr_t)ram.host % p->align, 0));
	cr_assert(eq(u64, ram.size, p->size));
	cr_assert(eq(u64, fake_mapped(), p->size)); /* what alignment did not need is given back */
	cr_assert(eq(int, fake_mappings(), 1));
	cr_assert(eq(u8, ram.host[0], 0));
	cr_assert(eq(u8, ram.host[p->size - 1], 0));
	ram.host[p->size - 1] = ram.host[0] = 1;
	clear(&ram);
	cr_assert(eq(u8, ram.host[0], 0));
	cr_assert(eq(u8, ram.host[p->size - 1], 0));
	ram_close(&ram);
	ram_close(&ram);
	cr_assert(eq(int, fake_mappings(), 0));
}

struct huge_case {
	uint64_t memory, huge; /* option */
	uint64_t page, nfree;  /* on the host */
	int result;
	uint64_t used; /* page size */
	char said[144];
	uint64_t reserved; /* of the free ones, by others */
};

ParameterizedTestParameters(ram, huge_pages_are_used_when_there_are_enough)
{
	static struct huge_case cases[] = {
		{ 512 * MiB, OPT_HUGE_AUTO, 2 * MiB, 256, 0, 2 * MiB,
		  "512 MiB on huge pages of 2048 KiB" },
		{ 512 * MiB, OPT_HUGE_AUTO, 2 * MiB, 255, 0, 64 * KiB, "" },
		{ 512 * MiB, OPT_HUGE_AUTO, 1 * GiB, 4, 0, 64 * KiB, "" },
		{ 2 * GiB, OPT_HUGE_AUTO, 1 * GiB, 2, 0, 1 * GiB, "on huge pages of 1048576 KiB" },
		{ 512 * MiB, OPT_HUGE_AUTO, 16 * MiB, 32, 0, 16 * MiB, "huge pages of 16384 KiB" },
		{ 512 * MiB, OPT_HUGE_AUTO, 2 * MiB, 300, 0, 64 * KiB, "", 45 },
		{ 512 * MiB, OPT_HUGE_AUTO, 2 * MiB, 300, 0, 2 * MiB, "huge pages", 44 },
		{ 512 * MiB, 2 * MiB, 2 * MiB, 300, -ENOMEM, 0, "Cannot allocate memory", 45 },
		{ 512 * MiB, 0, 2 * MiB, 1000, 0, 64 * KiB, "" },
		{ 512 * MiB, 2 * MiB, 2 * MiB, 1000, 0, 2 * MiB, "huge pages" },
		{ 512 * MiB, 2 * MiB, 2 * MiB, 100, -ENOMEM, 0,
		  "256 huge pages of 2048 KiB: Cannot allocate memory: 100 are free: \"echo 256 "
		  "> " },
		{ 512 * MiB, 1 * GiB, 1 * GiB, 4, -EINVAL, 0, "is no multiple of the 1048576 KiB" },
		{ 512 * MiB, 16 * MiB, 2 * MiB, 1000, -EINVAL, 0,
		  "this host has no pages of 16384 KiB (it has: 2048 KiB): choose one of its "
		  "sizes, or "
		  "\"auto\"" },
	};

	return cr_make_param_array(struct huge_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct huge_case *p, ram, huge_pages_are_used_when_there_are_enough)
{
	struct opt_machine opt = { .memory = p->memory, .huge_pages = p->huge };
	struct ram ram;

	fake_set_huge_pages(p->page, p->nfree);
	fake_reserve_huge_pages(p->page, p->reserved);
	cr_assert(eq(int, ram_open(&ram, &opt), p->result), "%s", said_all());
	cr_assert(said(p->said), "%s", said_all());
	cr_assert(eq(int, said_errors(), p->result < 0));
	if (p->result == 0)
		cr_assert(eq(u64, ram.page, p->used));
	ram_close(&ram);
	cr_assert(eq(int, fake_mappings(), 0));
	cr_assert(eq(int, fake_open_fds(), 0));
}

Test(ram, memory_that_cannot_be_had_is_said_and_nothing_stays)
{
	struct opt_machine opt = { .memory = 512 * MiB, .huge_pages = 0 };
	struct ram ram;

	for (unsigned int n = 1; n <= 2; n++) {
		fake_fail_nth(n, -ENOMEM);
		cr_assert(eq(int, ram_open(&ram, &opt), -ENOMEM));
		cr_assert(said("512 MiB of guest RAM: Cannot allocate memory"), "%s", said_all());
		ram_close(&ram);
		cr_assert(eq(int, fake_mappings(), 0));
	}
}

struct clear_case {
	bool pinned;
	int refused; /* giving memory back */
	int dropped; /* calls that did so */
};

ParameterizedTestParameters(ram, memory_is_dropped_or_cleared)
{
	static struct clear_case cases[] = {
		{ false, 0, 1 },
		{ true, 0, 0 },
		{ false, -EINVAL, 1 }, /* huge pages before Linux 5.18 */
	};

	return cr_make_param_array(struct clear_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct clear_case *p, ram, memory_is_dropped_or_cleared)
{
	struct opt_machine opt = { .memory = 160 * MiB, .huge_pages = 0 };
	struct ram ram;

	cr_assert(eq(int, ram_open(&ram, &opt), 0));
	for (uint64_t at = 0; at < ram.size; at += 32 * MiB)
		ram.host[at] = ram.host[at + 32 * MiB - 1] = 1;
	ram.pinned = p->pinned;
	fake_fail_all(p->refused ? "madvise 4" : NULL, p->refused);
	clear(&ram);
	cr_expect(eq(int, fake_count("madvise 4"), p->dropped));
	for (uint64_t at = 0; at < ram.size; at += 32 * MiB)
		cr_expect(ram.host[at] == 0 && ram.host[at + 32 * MiB - 1] == 0, "at 0x%llx",
			  (unsigned long long)at);
	fake_fail_all(NULL, 0);
	ram_close(&ram);
}

Test(ram, whole_pages_go_back)
{
	struct opt_machine opt = { .memory = 128 * MiB, .huge_pages = 0 };
	struct ram ram;

	cr_assert(eq(int, ram_open(&ram, &opt), 0));
	memset(ram.host, 1, 3 * ram.page);
	cr_assert(eq(int, ram_discard(&ram, ram.host + ram.page, ram.page), 0));
	cr_assert(eq(u8, ram.host[ram.page - 1], 1));
	cr_assert(eq(u8, ram.host[ram.page], 0));
	cr_assert(eq(u8, ram.host[2 * ram.page], 1));
	cr_expect(eq(int, ram_discard(&ram, ram.host + 1, ram.page), -EINVAL));
	cr_expect(eq(int, ram_discard(&ram, ram.host, ram.page - 1), -EINVAL));
	cr_expect(eq(int, ram_discard(&ram, ram.host - ram.page, ram.page), -EINVAL));
	cr_expect(
		eq(int, ram_discard(&ram, ram.host + ram.size - ram.page, 2 * ram.page), -EINVAL));
	cr_expect(eq(int, ram_discard(&ram, ram.host + ram.size - ram.page, ram.page), 0));
	ram.pinned = true;
	cr_expect(eq(int, ram_discard(&ram, ram.host, ram.page), -EBUSY));
	cr_expect(eq(u8, ram.host[0], 1));
	ram_close(&ram);
}
