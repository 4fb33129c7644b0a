/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RTAS calls from bytes. The input is a list of calls, each of a few control bytes and the words of
 * its arguments; words are drawn from values that matter as often as from the input itself. Beyond
 * the sanitizers' checks: a block with room for a status gets one, and the clock stays a date.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Addresses, lengths and numbers around which code has its edges. */
static uint32_t word(struct input *in, const struct fake_machine *m)
{
	const uint32_t edges[] = {
		0,          1,
		2,          9,
		20,         48,
		0x4000,     UINT32_MAX,
		0x80000000, LISN_EPOW,
		2024,       RTAS_EPOW_WARNING,
		NVRAM_SIZE, (uint32_t)m->ram_size,
	};
	uint8_t how = byte(in);

	switch (how & 3) {
	case 0:
		return raw32(in);
	case 1:
		return byte(in);
	default:
		return edges[(how >> 2) % ARRAY_LEN(edges)] - (how & 1) * byte(in);
	}
}

/* An argument of set-time-of-day that is right, or wrong by one. */
static uint32_t date_word(struct input *in, uint32_t i)
{
	static const uint32_t first[] = { 1969, 0, 0, 0, 0, 0, 0 };
	static const uint32_t range[] = { 294, 14, 33, 25, 61, 61, 1000000001 };

	return first[i] + raw32(in) % range[i];
}

static void one_call(struct fake_machine *m, struct input *in)
{
	uint64_t a[HCALL_MAX_ARGS] = { FAKE_BLOCK };
	uint8_t how = byte(in), which = byte(in), shape = byte(in);
	const struct rtas_desc *d = rtas_row(which % 64);
	uint32_t token = RTAS_TOKEN_BASE + which % 64, nargs, nret;
	bool well_formed, date = d && d->nargs == 7 && how & 1;
	long r;

	/* Mostly right counts: behind them is the code. */
	nargs = d ? d->nargs + (shape & 1 ? d->nargs_opt : 0) : shape & 7;
	nret = d ? d->nret_max : 1;
	if (shape >> 4 == 0)
		nargs = word(in, m);
	if (shape >> 4 == 1)
		nret = word(in, m);
	if (how >> 5 == 0)
		token = word(in, m);
	if (how >> 5 == 1)
		a[0] = (uint64_t)word(in, m) << 32 | word(in, m);
	if (how >> 5 == 2)
		a[0] = m->ram_size - byte(in);
	well_formed = a[0] == FAKE_BLOCK && nargs < RTAS_MAX_WORDS && nret > 0;

	be32_store(m->ram + FAKE_BLOCK, token);
	be32_store(m->ram + FAKE_BLOCK + 4, nargs);
	be32_store(m->ram + FAKE_BLOCK + 8, nret);
	for (uint32_t i = 0; i < nargs && i < RTAS_MAX_WORDS; i++)
		be32_store(m->ram + FAKE_BLOCK + 12 + 4 * i,
			   date && i < 7 ? date_word(in, i) : word(in, m));
	if (a[0] <= m->ram_size - 12)
		memmove(m->ram + a[0], m->ram + FAKE_BLOCK, 12);
	r = rtas_hcall(&m->sp, a);
	must(r == H_SUCCESS || r == H_PARAMETER);
	must(!well_formed || r == H_SUCCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct fake_machine *m = fake_machine_new(byte(&in) & 1 ? INTC_XICS : INTC_XIVE, 2, 1);
	struct rtas_date now;

	log_set_sink(unread);
	while (in.p < in.end) {
		if (!(byte(&in) & 7))
			epow_post(&m->sp);
		m->intc.enabled[LISN_EPOW] = byte(&in) & 7;
		m->plat.wall_ns = FAKE_WALL_NS + (uint64_t)byte(&in) * 1000000000;
		one_call(m, &in);
	}
	now = rtas_now(&m->sp);
	must(now.month >= 1 && now.month <= 12 && now.day >= 1 && now.day <= 31);
	must(now.year >= 1970 && now.year <= 2262);
	must(strlen(m->plat.stop_text) <= 255);
	fake_machine_free(m);
	return 0;
}
