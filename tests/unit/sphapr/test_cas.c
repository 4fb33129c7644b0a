/* SPDX-License-Identifier: BSD-2-Clause */
/* cas.c: what a client asks for, and what this machine answers. */
#include "sphapr/cas.h"
#include "tests/unit/sphapr/cas_words.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>

#define RAM_SIZE (1 * MiB)
#define AT 0x4000
#define P9 0x004e1202u
#define P10 0x00800200u
#define LEVEL9 0x0f000005u
#define LEVEL10 0x0f000006u
#define LEVEL11 0x0f000007u

static uint8_t ram[RAM_SIZE];
static struct gmem mem;
static struct words w;
static struct cas_ask ask;
static struct cas_result got;

/* POWER9 with all there is. */
static struct cas_offer offer;

static void setup(void)
{
	mem.nbanks = 0;
	gmem_add(&mem, 0, RAM_SIZE, ram);
	offer = (struct cas_offer){ true, true, true, true, P9, P9, 4 };
}

TestSuite(cas, .init = setup);

static int call(void)
{
	int r;

	memcpy(ram + AT, w.b, w.len);
	r = cas_read(&mem, AT, &ask);
	return r < 0 ? r : cas_decide(&offer, &ask, &got);
}

/* ---- what is answered ---- */

Test(cas, linux_gets_radix_and_xive)
{
	static const uint8_t want[OV5_BYTES] = {
		[0] = 25, [2] = 0xc1, [5] = 0x80, [23] = 0x40, [24] = 0x40, [26] = 0x40
	};

	words_linux(&w, LEVEL11, 0x40, 0x40);
	cr_assert(eq(int, call(), 0));
	cr_assert(eq(u32, ask.npvrs, 16));
	cr_assert(got.mode.radix);
	cr_assert(eq(int, got.mode.intc, INTC_XIVE));
	cr_assert(eq(u32, got.version, P9));
	cr_assert(eq(int, memcmp(got.vec5, want, sizeof(want)), 0));
}

struct mode_case {
	uint8_t mmu, intc;                            /* asked */
	bool has_radix, has_hash, has_xive, has_xics; /* of the machine */
	int result;
	bool radix;
	enum intc_kind kind;
};

ParameterizedTestParameters(cas, the_mode_is_what_is_asked_for_and_there)
{
	static struct mode_case cases[] = {
		{ 0x40, 0x40, 1, 1, 1, 1, 0, true, INTC_XIVE },
		{ 0x00, 0x00, 1, 1, 1, 1, 0, false, INTC_XICS },
		{ 0x40, 0x00, 1, 1, 1, 1, 0, true, INTC_XICS },
		{ 0x00, 0x40, 1, 1, 1, 1, 0, false, INTC_XIVE },
		/* What was not offered: the other one, and the answer says so. */
		{ 0x40, 0x40, 0, 1, 0, 1, 0, false, INTC_XICS },
		/* What the guest cannot do without. */
		{ 0x00, 0x40, 1, 0, 1, 1, -ENOTSUP, 0, 0 },
		{ 0x40, 0x00, 1, 1, 1, 0, -ENOTSUP, 0, 0 },
		/* No choice at all. */
		{ 0x80, 0x40, 1, 1, 1, 1, -EINVAL, 0, 0 },
		{ 0xc0, 0x40, 1, 1, 1, 1, -EINVAL, 0, 0 },
		{ 0x40, 0x80, 1, 1, 1, 1, -EINVAL, 0, 0 },
		{ 0x40, 0xc0, 1, 1, 1, 1, -EINVAL, 0, 0 },
		/* Other bits of those bytes mean nothing here. */
		{ 0x7f, 0x7f, 1, 1, 1, 1, 0, true, INTC_XIVE },
	};

	return cr_make_param_array(struct mode_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct mode_case *c, cas, the_mode_is_what_is_asked_for_and_there)
{
	words_linux(&w, LEVEL11, c->mmu, c->intc);
	offer.radix = c->has_radix;
	offer.hash = c->has_hash;
	offer.xive = c->has_xive;
	offer.xics = c->has_xics;
	cr_assert(eq(int, call(), c->result));
	if (c->result) {
		cr_assert(got.why != NULL);
		return;
	}
	cr_assert(eq(int, got.mode.radix, c->radix));
	cr_assert(eq(int, got.mode.intc, c->kind));
	cr_assert(eq(u8, got.vec5[OV5_MMU], c->radix ? 0x40 : 0));
	cr_assert(eq(u8, got.vec5[OV5_INTC], c->kind == INTC_XIVE ? 0x40 : 0));
	cr_assert(eq(u8, got.vec5[OV5_RADIX_EXT], c->radix ? 0x40 : 0));
}

struct version_case {
	uint32_t pvr, newest; /* the host, and what it may be */
	uint32_t client;      /* the newest level that the client's kernel knows */
	uint32_t version;     /* 0: none that both know */
};

ParameterizedTestParameters(cas, the_processor_is_the_newest_that_both_know)
{
	static struct version_case cases[] = {
		{ P9, P9, LEVEL11, P9 },
		{ P10, P10, LEVEL11, P10 },
		/* A kernel older than the processor. */
		{ P10, P10, LEVEL9, LEVEL9 },
		{ 0x00820200, 0x00820200, LEVEL10, LEVEL10 },
		{ P9, P9, 0x0f000004, 0 },
		/* machine.cpu, or a host that is a partition in such a mode. */
		{ P10, LEVEL9, LEVEL11, LEVEL9 },
		{ P10, LEVEL10, LEVEL9, LEVEL9 },
		{ P10, LEVEL9, LEVEL10, LEVEL9 },
	};

	return cr_make_param_array(struct version_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct version_case *c, cas, the_processor_is_the_newest_that_both_know)
{
	words_linux(&w, c->client, 0x40, 0x40);
	offer.pvr = c->pvr;
	offer.version = c->newest;
	cr_assert(eq(int, call(), c->version ? 0 : -ENOTSUP));
	if (c->version)
		cr_assert(eq(u32, got.version, c->version));
}

Test(cas, grub_is_for_any_processor_and_asks_for_the_oldest_mode)
{
	words_grub(&w);
	cr_assert(eq(int, call(), 0));
	cr_assert(eq(u32, got.version, P9));
	cr_assert(not(got.mode.radix));
	cr_assert(eq(int, got.mode.intc, INTC_XICS));
	offer.version = LEVEL9;
	cr_assert(eq(int, call(), 0));
	cr_assert(eq(u32, got.version, LEVEL9));
}

Test(cas, freebsd_gets_radix_with_xics)
{
	words_freebsd(&w, 0x40);
	cr_assert(eq(int, call(), 0));
	cr_assert(got.mode.radix);
	cr_assert(eq(int, got.mode.intc, INTC_XICS));
	cr_assert(eq(u8, got.vec5[OV5_PARTITION], 0x80));
	offer.xics = false;
	cr_assert(eq(int, call(), -ENOTSUP));
	cr_assert(strstr(got.why, "machine.irqchip = \"xics\"") != NULL);
}

Test(cas, a_vector_to_be_ignored_is_as_good_as_none)
{
	words_linux(&w, LEVEL11, 0x40, 0x40)[1] = 0x80;
	cr_assert(eq(int, call(), 0));
	cr_assert(not(got.mode.radix));
	cr_assert(eq(int, got.mode.intc, INTC_XICS));
	cr_assert(eq(u8, got.vec5[OV5_PARTITION], 0));
}

Test(cas, a_kernel_for_fewer_cores_is_told_so)
{
	be32_store(words_linux(&w, LEVEL11, 0x40, 0x40) + 9, 4);
	cr_assert(eq(int, call(), 0));
	offer.ncores = 5;
	cr_assert(eq(int, call(), -ENOTSUP));
	cr_assert(strstr(got.why, "machine.vcpus") != NULL);
	words_linux(&w, LEVEL11, 0x40, 0x40);
	memset(words_linux(&w, LEVEL11, 0x40, 0x40) + 9, 0, 4); /* it does not say */
	cr_assert(eq(int, call(), 0));
}

/* ---- hostile clients ---- */

Test(cas, a_list_of_processors_has_an_end)
{
	for (uint32_t i = 0; i < RAM_SIZE / 8; i++)
		be32_store(ram + 8 * i, 0xffffffff); /* and value 0: never the last */
	cr_assert(eq(int, cas_read(&mem, 0, &ask), -E2BIG));
	cr_assert(eq(int, cas_read(&mem, RAM_SIZE - 16, &ask), -EFAULT));
	cr_assert(eq(int, cas_read(&mem, RAM_SIZE - 4, &ask), -EFAULT));
	cr_assert(eq(int, cas_read(&mem, RAM_SIZE, &ask), -EFAULT));
	cr_assert(eq(int, cas_read(&mem, UINT32_MAX, &ask), -EFAULT));
	cr_assert(eq(int, cas_read(&mem, UINT64_MAX - 7, &ask), -EFAULT));
}

/* Wherever RAM ends: all is there that is asked for, or nothing is decided. */
Test(cas, words_cut_anywhere_are_an_error)
{
	size_t whole;

	words_linux(&w, LEVEL11, 0x40, 0x40);
	whole = 173 + 1 + 26; /* to the end of the fifth vector */
	for (size_t n = 0; n < w.len; n++) {
		memcpy(ram + RAM_SIZE - n, w.b, n);
		cr_assert(eq(int, cas_read(&mem, RAM_SIZE - n, &ask), n < whole ? -EFAULT : 0),
			  "%zu bytes", n);
	}
}

Test(cas, longest_vectors_of_every_count_are_read_to_the_fifth)
{
	memset(ram + AT, 0xff, RAM_SIZE - AT);
	be32_store(ram + AT, 0);
	cr_assert(eq(int, cas_read(&mem, AT, &ask), 0));
	cr_assert(eq(u32, ask.npvrs, 1));
	for (int n = 1; n <= CAS_VECTORS; n++)
		cr_assert(eq(u8, ask.vec[n][CAS_VECTOR_BYTES - 1], 0xff));
	cr_assert(eq(int, cas_decide(&offer, &ask, &got), 0)); /* "ignore" is among them */
	/* One vector alone. */
	ram[AT + 8] = 0;
	ram[AT + 9] = 0;
	ram[AT + 10] = 0x80;
	cr_assert(eq(int, cas_read(&mem, AT, &ask), 0));
	cr_assert(eq(u8, ask.vec[1][1], 0x80));
	cr_assert(eq(u8, ask.vec[1][2], 0));
	cr_assert(eq(u8, ask.vec[2][1], 0));
}

/* ---- what is told before ---- */

static void assert_support(const struct cas_offer *o, uint8_t intc, uint8_t mmu, uint8_t gtse)
{
	const uint8_t want[CAS_SUPPORT_BYTES] = { 0x17, intc, 0x18, mmu, 0x19, 0, 0x1a, gtse };
	uint8_t out[CAS_SUPPORT_BYTES];

	cr_assert(eq(sz, cas_support(o, out), sizeof(out)));
	cr_assert(eq(int, memcmp(out, want, sizeof(out)), 0));
}

Test(cas, support_says_either_where_both_can_be_had)
{
	assert_support(&offer, 0x80, 0x80, 0x40);
	offer.hash = offer.xics = false;
	assert_support(&offer, 0x40, 0x40, 0x40);
	offer = (struct cas_offer){ .hash = true, .xics = true };
	assert_support(&offer, 0x00, 0x00, 0x00);
}
