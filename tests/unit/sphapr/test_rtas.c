/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"

#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct fake_machine *m;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 2, 1);
}

static void setup_xics(void)
{
	m = fake_machine_new(INTC_XICS, 2, 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas, .init = setup, .fini = teardown);
TestSuite(rtas_xics, .init = setup_xics, .fini = teardown);

/* The raw door: a block of @nargs zero arguments at @gpa, which may lie anywhere. */
static long call_at(gpa_t gpa, uint32_t token, uint32_t nargs, uint32_t nret)
{
	uint64_t a[HCALL_MAX_ARGS] = { gpa };
	uint8_t head[12];

	be32_store(head, token);
	be32_store(head + 4, nargs);
	be32_store(head + 8, nret);
	gpa &= 0x0fffffffffffffffULL;
	for (size_t i = 0; i < sizeof(head) && gpa + i < m->ram_size; i++)
		m->ram[gpa + i] = head[i];
	return rtas_hcall(&m->sp, a);
}

/* What any call of this machine could have done to its surroundings. */
static unsigned int acts(void)
{
	return m->plat.nstarts + m->plat.nstop_self + m->plat.nstops +
	       (unsigned int)m->console_len + m->intc.ncalls + (m->sp.rtc_offset_ns != 0);
}

Test(rtas, tokens_are_contiguous_and_names_unique)
{
	const struct rtas_desc *d;
	uint32_t n = 0;

	for (; (d = rtas_row(n)) != NULL; n++) {
		cr_assert(eq(u32, rtas_token(d->name), RTAS_TOKEN_BASE + n), "%s", d->name);
		cr_assert(d->fn != NULL, "%s", d->name);
		cr_assert(ge(int, d->nret_min, 1), "%s", d->name);
		cr_assert(ge(int, d->nret_max, d->nret_min), "%s", d->name);
		cr_assert(le(int, d->nargs + d->nargs_opt + d->nret_max, RTAS_MAX_WORDS), "%s",
			  d->name);
	}
	cr_assert(ge(u32, n, 20));
	cr_assert(eq(u32, rtas_token("no-such-call"), 0));
}

Test(rtas, the_rows_linux_boots_with_are_offered)
{
	static const char *const names[] = {
		"get-time-of-day",   "set-time-of-day",
		"power-off",         "system-reboot",
		"ibm,os-term",       "start-cpu",
		"stop-self",         "query-cpu-stopped-state",
		"display-character", "ibm,get-system-parameter",
		"check-exception",   "ibm,set-system-parameter",
		"event-scan",        "get-sensor-state",
		"nvram-fetch",       "nvram-store",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint32_t token = rtas_token(names[i]);

		cr_assert(ne(u32, token, 0), "%s", names[i]);
		cr_assert(rtas_offered(&m->sp, rtas_row(token - RTAS_TOKEN_BASE)), "%s", names[i]);
	}
}

/* Every row with every small number of arguments and returns: a wrong one gets -3 and no call. */
Test(rtas, wrong_arity_gets_a_status_and_no_call)
{
	static const uint32_t zero[RTAS_MAX_WORDS];
	const struct rtas_desc *d;

	for (uint32_t i = 0; (d = rtas_row(i)) != NULL; i++)
		for (uint32_t nargs = 0; nargs < RTAS_MAX_WORDS; nargs++)
			for (uint32_t nret = 1; nret <= RTAS_MAX_WORDS - nargs; nret++) {
				bool ok = nargs >= d->nargs && nargs <= d->nargs + d->nargs_opt &&
					  nret >= d->nret_min && nret <= d->nret_max;

				if (ok)
					continue;
				cr_assert(eq(i32, fake_rtas(m, d->name, nargs, zero, nret, NULL),
					     RTAS_PARAMETER),
					  "%s %u -> %u", d->name, nargs, nret);
			}
	cr_assert(eq(uint, acts(), 0));
}

Test(rtas, short_nret_gets_a_status_and_no_call)
{
	const uint32_t server = 1;
	uint32_t rets[2];

	cr_assert(eq(i32, fake_rtas(m, "query-cpu-stopped-state", 1, &server, 1, rets),
		     RTAS_PARAMETER));
	cr_assert(eq(i32, fake_rtas(m, "query-cpu-stopped-state", 1, &server, 2, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], CPU_STOPPED));
}

Test(rtas, unknown_tokens_get_a_status)
{
	uint32_t n = 0;

	while (rtas_row(n))
		n++;
	const uint32_t bad[] = {
		0, 1, 0xa, RTAS_TOKEN_BASE - 1, RTAS_TOKEN_BASE + n, 0x80000000, UINT32_MAX
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memset(m->ram + FAKE_BLOCK, 0x5a, 64);
		cr_assert(eq(long, call_at(FAKE_BLOCK, bad[i], 0, 1), H_SUCCESS));
		cr_assert(eq(u32, be32_load(m->ram + FAKE_BLOCK + 12), (uint32_t)RTAS_PARAMETER));
	}
}

Test(rtas, a_block_outside_ram_is_a_bad_parameter)
{
	uint32_t token = rtas_token("system-reboot");
	const uint64_t end = m->ram_size;
	const gpa_t bad[] = {
		end,        end - 4,         end - 8,         end - 12, /* no room for the status */
		end + 4096, 0xffffffffULL,   1ULL << 59,      0x0ffffffffffffffcULL,
		UINT64_MAX, UINT64_MAX - 11, UINT64_MAX - 15,
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert(eq(long, call_at(bad[i], token, 0, 1), H_PARAMETER), "%zu", i);
	/* Arguments inside, status outside: the call must not act either. */
	cr_assert(eq(long, call_at(end - 20, rtas_token("power-off"), 2, 1), H_PARAMETER));
	cr_assert(eq(uint, m->plat.nstops, 0));
	cr_assert(eq(long, call_at(end - 16, token, 0, 1), H_SUCCESS));
	cr_assert(eq(uint, m->plat.nstops, 1));
}

Test(rtas, the_top_four_address_bits_do_not_count)
{
	cr_assert(eq(long,
		     call_at(FAKE_BLOCK | 0xf000000000000000ULL, rtas_token("system-reboot"), 0, 1),
		     H_SUCCESS));
	cr_assert(eq(uint, m->plat.nstops, 1));
}

Test(rtas, word_counts_that_do_not_fit_never_reach_a_call)
{
	static const struct {
		uint32_t nargs, nret;
		long answer;
		bool status;
	} cases[] = {
		{ 0, 0, H_PARAMETER, false },
		{ 16, 0, H_PARAMETER, false },
		{ 16, 1, H_PARAMETER, false },
		{ UINT32_MAX, 1, H_PARAMETER, false },
		{ UINT32_MAX, 2, H_PARAMETER, false }, /* the sum would wrap to 1 */
		{ 0x40000000, 1, H_PARAMETER, false }, /* so would the size in bytes */
		{ 0, 17, H_SUCCESS, true },
		{ 0, UINT32_MAX, H_SUCCESS, true },
		{ 15, 2, H_SUCCESS, true },
		{ 1, UINT32_MAX, H_SUCCESS, true },
		{ 2, 0x40000000, H_SUCCESS, true },
		{ 15, 1, H_SUCCESS, true }, /* fits; wrong for this call */
	};
	uint32_t token = rtas_token("system-reboot");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t *block = m->ram + FAKE_BLOCK;
		size_t at = 12 + 4 * (size_t)(cases[i].nargs & 15);

		memset(block, 0x5a, 256);
		cr_assert(eq(long, call_at(FAKE_BLOCK, token, cases[i].nargs, cases[i].nret),
			     cases[i].answer),
			  "%zu", i);
		for (size_t b = 12; b < 256; b++)
			if (!cases[i].status || b < at || b >= at + 4)
				cr_assert(eq(u8, block[b], 0x5a), "%zu: byte %zu", i, b);
		if (cases[i].status)
			cr_assert(eq(u32, be32_load(block + at), (uint32_t)RTAS_PARAMETER), "%zu",
				  i);
	}
	cr_assert(eq(uint, acts(), 0));
	/* Too many returns, and even the status would lie outside. */
	cr_assert(eq(long, call_at(m->ram_size - 12, token, 0, 17), H_PARAMETER));
}

Test(rtas, words_are_big_endian_on_both_ways)
{
	static const uint8_t block[] = {
		0, 0, 0, 0, 0, 0, 0,    3,    0,    0,    0,    1, /* token below */
		0, 0, 0, 1, 0, 1, 0x02, 0x04, 0xde, 0xad, 0xbe, 0xef, 0x5a, 0x5a, 0x5a, 0x5a,
	};
	uint64_t a[HCALL_MAX_ARGS] = { FAKE_BLOCK };

	m->plat.start_result = -5;
	memcpy(m->ram + FAKE_BLOCK, block, sizeof(block));
	be32_store(m->ram + FAKE_BLOCK, rtas_token("start-cpu"));
	cr_assert(eq(long, rtas_hcall(&m->sp, a), H_SUCCESS));
	/* 0x10204 is RAM, so the platform was asked, and its refusal is -1. */
	cr_assert(memcmp(m->ram + FAKE_BLOCK + 24, "\xff\xff\xff\xff\x5a", 4) == 0);
	m->plat.start_result = 0;
	cr_assert(eq(long, rtas_hcall(&m->sp, a), H_SUCCESS));
	cr_assert(eq(u32, m->plat.start[0].server, 1));
	cr_assert(eq(u64, m->plat.start[0].entry, 0x10204));
	cr_assert(eq(u64, m->plat.start[0].r3, 0xdeadbeef));
	cr_assert(memcmp(m->ram + FAKE_BLOCK + 24, "\0\0\0\0", 4) == 0);
}

Test(rtas, two_machines_share_nothing)
{
	struct fake_machine *other = fake_machine_new(INTC_XIVE, 1, 1);

	cr_assert(eq(i32, fake_rtas(other, "system-reboot", 0, NULL, 1, NULL), RTAS_OK));
	cr_assert(eq(uint, other->plat.nstops, 1));
	cr_assert(eq(uint, m->plat.nstops, 0));
	fake_machine_free(other);
}

static const struct {
	const char *name;
	uint32_t nargs, nret;
} xics_calls[] = {
	{ "ibm,set-xive", 3, 1 },
	{ "ibm,get-xive", 1, 3 },
	{ "ibm,int-on", 1, 1 },
	{ "ibm,int-off", 1, 1 },
};

Test(rtas, an_xive_machine_does_not_offer_the_xics_calls)
{
	static const uint32_t args[3] = { LISN_EPOW };

	for (size_t i = 0; i < ARRAY_LEN(xics_calls); i++) {
		uint32_t token = rtas_token(xics_calls[i].name);

		cr_assert(ne(u32, token, 0));
		cr_assert(not(rtas_offered(&m->sp, rtas_row(token - RTAS_TOKEN_BASE))));
		cr_assert(eq(i32,
			     fake_rtas(m, xics_calls[i].name, xics_calls[i].nargs, args,
				       xics_calls[i].nret, NULL),
			     RTAS_PARAMETER));
	}
}

/* KVM answers them: what it leaves to us was for no source of this machine. */
Test(rtas_xics, an_xics_machine_offers_them_for_kvm)
{
	static const uint32_t args[3] = { LISN_EPOW };

	for (size_t i = 0; i < ARRAY_LEN(xics_calls); i++) {
		uint32_t token = rtas_token(xics_calls[i].name);
		const struct rtas_desc *d = rtas_row(token - RTAS_TOKEN_BASE);

		cr_assert(rtas_offered(&m->sp, d));
		cr_assert(d->fn == rtas_in_kernel);
		cr_assert(eq(
			i32,
			fake_rtas(m, d->name, xics_calls[i].nargs, args, xics_calls[i].nret, NULL),
			RTAS_PARAMETER));
	}
}
