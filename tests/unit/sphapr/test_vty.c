/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/vty.h"

#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct fake_machine *m;
static struct spapr *sp;
static struct vty *v;
static int drained;

static void on_drained(void *ctx)
{
	(void)ctx;
	drained++;
}

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	sp = &m->sp;
	v = &sp->vty;
	v->backend.input_drained = on_drained;
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(vty, .init = setup, .fini = teardown);

static long put(uint64_t unit, uint64_t len, uint64_t hi, uint64_t lo)
{
	uint64_t a[HCALL_MAX_ARGS] = { unit, len, hi, lo };

	return hcall_dispatch(sp, H_PUT_TERM_CHAR, a);
}

/* What the guest reads, at most 16 bytes; the padding has to be zero. */
static size_t get(uint8_t *buf)
{
	uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT, ~0ULL, ~0ULL };
	uint8_t raw[16];

	cr_assert(eq(long, hcall_dispatch(sp, H_GET_TERM_CHAR, a), H_SUCCESS));
	cr_assert(le(u64, a[0], 16));
	be64_store(raw, a[1]);
	be64_store(raw + 8, a[2]);
	for (size_t i = a[0]; i < 16; i++)
		cr_assert(eq(int, raw[i], 0));
	memcpy(buf, raw, a[0]);
	return a[0];
}

static size_t input(const char *s)
{
	return vty_input(sp, v, (const uint8_t *)s, strlen(s));
}

static unsigned int interrupts(void)
{
	return m->intc.raised[v->lisn];
}

Test(vty, unit_0_is_the_first_one)
{
	cr_assert(eq(ptr, vty_find(sp, 0), v));
	cr_assert(eq(ptr, vty_find(sp, SPAPR_VTY_UNIT), v));
	cr_assert(eq(ptr, vty_find(sp, SPAPR_VTY_UNIT + 1), NULL));
	cr_assert(eq(ptr, vty_find(sp, 0x100000000ULL | SPAPR_VTY_UNIT), NULL));
}

Test(vty, the_guest_writes_characters_packed_big_endian)
{
	cr_assert(eq(long, put(SPAPR_VTY_UNIT, 3, 0x6869210000000000, 0), H_SUCCESS));
	cr_assert(eq(long, put(0, 16, 0x3031323334353637, 0x3839000a0d616263), H_SUCCESS));
	cr_assert(eq(sz, m->console_len, 19));
	cr_assert(eq(int, memcmp(m->console, "hi!0123456789\0\n\rabc", 19), 0));
}

Test(vty, a_bad_length_or_unit_writes_nothing)
{
	cr_assert(eq(long, put(0, 17, 0, 0), H_PARAMETER));
	cr_assert(eq(long, put(0, ~0ULL, 0, 0), H_PARAMETER));
	cr_assert(eq(long, put(0, 0x100000001, 0, 0), H_PARAMETER));
	cr_assert(eq(long, put(0x71000009, 1, 0, 0), H_PARAMETER));
	cr_assert(eq(long, put(0, 0, ~0ULL, ~0ULL), H_SUCCESS));
	cr_assert(eq(sz, m->console_len, 0));
}

Test(vty, a_full_back_end_is_busy_and_none_loses_output)
{
	m->console_full = true;
	cr_assert(eq(long, put(0, 1, 0x61ULL << 56, 0), H_BUSY));
	cr_assert(eq(long, put(0, 0, 0, 0), H_SUCCESS));
	m->console_full = false;
	cr_assert(eq(long, put(0, 1, 0x61ULL << 56, 0), H_SUCCESS));
	cr_assert(eq(sz, m->console_len, 1));
	v->backend.write = NULL;
	cr_assert(eq(long, put(0, 1, 0, 0), H_SUCCESS));
}

Test(vty, the_guest_reads_what_was_typed)
{
	uint64_t a[HCALL_MAX_ARGS] = { 0 };
	uint8_t buf[16];

	cr_assert(eq(sz, get(buf), 0));
	cr_assert(eq(sz, input("0123456789abcdefXY"), 18));
	cr_assert(eq(long, hcall_dispatch(sp, H_GET_TERM_CHAR, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 16));
	cr_assert(eq(u64, a[1], 0x3031323334353637));
	cr_assert(eq(u64, a[2], 0x3839616263646566));
	cr_assert(eq(sz, get(buf), 2));
	cr_assert(eq(int, memcmp(buf, "XY", 2), 0));
	cr_assert(eq(sz, get(buf), 0));
	a[0] = 0x1234;
	cr_assert(eq(long, hcall_dispatch(sp, H_GET_TERM_CHAR, a), H_PARAMETER));
	cr_assert(eq(u64, a[0], 0x1234));
}

Test(vty, every_delivery_interrupts_since_an_edge_may_get_lost)
{
	uint8_t buf[16];

	cr_assert(eq(uint, interrupts(), 0));
	input("a");
	cr_assert(eq(uint, interrupts(), 1));
	input("b"); /* the first one met a masked source, say */
	cr_assert(eq(uint, interrupts(), 2));
	get(buf);
	cr_assert(eq(uint, interrupts(), 2));
	input("");
	cr_assert(eq(uint, interrupts(), 2));
}

Test(vty, a_full_ring_asks_for_more_once_half_is_free)
{
	static uint8_t many[VTY_IN_SIZE + 100];
	uint8_t buf[16];
	size_t got = 0;
	unsigned int before;

	cr_assert(eq(sz, vty_input(sp, v, many, sizeof(many)), VTY_IN_SIZE));
	before = interrupts();
	cr_assert(eq(sz, vty_input(sp, v, many, 1), 0));
	cr_assert(eq(uint, interrupts(), before)); /* nothing new to read */
	while (!drained)
		got += get(buf);
	cr_assert(eq(sz, got, VTY_IN_SIZE / 2));
	while (get(buf))
		;
	cr_assert(eq(int, drained, 1)); /* once for one refusal */
}

Test(vty, exactly_full_is_not_refused)
{
	static uint8_t many[VTY_IN_SIZE];
	uint8_t buf[16];

	cr_assert(eq(sz, vty_input(sp, v, many, sizeof(many)), sizeof(many)));
	while (get(buf))
		;
	cr_assert(eq(int, drained, 0));
}

/* A back end that offers the rest whenever it is asked to, one byte more than fits. */
static uint8_t paste[64 * 1024];
static size_t pasted;
static bool asked;

static void on_asked(void *ctx)
{
	(void)ctx;
	asked = true;
}

Test(vty, a_64k_paste_arrives_whole_and_in_order)
{
	uint8_t seen[sizeof(paste)], buf[16];
	size_t n, got = 0;

	for (size_t i = 0; i < sizeof(paste); i++)
		paste[i] = (uint8_t)(i * 7 + i / 256);
	v->backend.input_drained = on_asked;
	/* The counters wrap on the way. */
	v->head = v->tail = UINT32_MAX - 5000;
	asked = true;
	do {
		if (asked) {
			asked = false;
			pasted += vty_input(sp, v, paste + pasted, sizeof(paste) - pasted);
		}
		n = get(buf);
		cr_assert(le(sz, got + n, sizeof(seen)));
		memcpy(seen + got, buf, n);
		got += n;
	} while (n);
	cr_assert(eq(sz, got, sizeof(paste)));
	cr_assert(eq(int, memcmp(seen, paste, got), 0));
	cr_assert(le(uint, interrupts(), 40)); /* and not one for each hypercall */
}

Test(vty, a_reset_drops_input_and_lets_the_back_end_go_on)
{
	static uint8_t many[VTY_IN_SIZE + 1];
	uint8_t buf[16];

	vty_input(sp, v, many, sizeof(many));
	vty_reset(v);
	cr_assert(eq(int, drained, 1));
	cr_assert(eq(sz, get(buf), 0));
	input("new");
	cr_assert(eq(sz, get(buf), 3));
	vty_reset(v);
	cr_assert(eq(int, drained, 1));
	v->backend.input_drained = NULL;
	vty_input(sp, v, many, sizeof(many));
	vty_reset(v);
}

Test(vty, its_calls_are_announced)
{
	int n = 0;

	for (size_t i = 0; hcall_row(sp, i); i++)
		if (hcall_row(sp, i)->hypertas)
			n += !strcmp(hcall_row(sp, i)->hypertas, "hcall-term");
	cr_assert(ge(int, n, 1));
}
