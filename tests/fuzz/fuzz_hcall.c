/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls from bytes: mostly those that exist, with arguments drawn from values that matter, on
 * a machine whose backends fail now and then. Beyond the sanitizers' checks: what goes into r3 is a
 * code that PAPR knows, a refused XIVE call changes no source, and a source that the backend has
 * is never sent to a server or priority that do not exist.
 */
#include "sphapr/hcall.h"
#include "sphapr/layout.h"
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NCPUS 3
#define LSI (LISN_PCI_LSI + 4)

/* Where code has its edges: flags, numbers of things, addresses, and their neighbours. */
static uint64_t word(struct input *in, const struct fake_machine *m)
{
	const uint64_t edges[] = {
		0,
		1,
		2,
		3,
		4,
		6,
		7,
		16,
		0xff,
		0x1d,
		NCPUS,
		LISN_EPOW,
		LISN_VIO,
		LSI,
		LISN_END,
		0xc00,
		0x10000,
		0x1000,
		0x4000,
		0x8000,
		m->ram_size,
		FAKE_BLOCK,
		1ull << 31,
		1ull << 32,
		1ull << 63,
		UINT64_MAX,
		m->ram_size - 0x10000,
		SPAPR_VTY_UNIT,
	};
	uint8_t how = byte(in);

	if (how < 8)
		return raw64(in);
	if (how < 24)
		return byte(in);
	if (how < 40)
		return edges[byte(in) % ARRAY_LEN(edges)] + (int8_t)byte(in);
	return edges[how % ARRAY_LEN(edges)];
}

static bool is_code(long r)
{
	/* Success, busy, not available; errors down to the lowest flag of H_UNSUPPORTED_FLAG. */
	return r == H_SUCCESS || r == H_BUSY || r == H_NOT_AVAILABLE ||
	       (r < 0 && r >= H_UNSUPPORTED_FLAG - 63);
}

static bool same_sources(const struct intc *a, const struct intc_source *b)
{
	for (size_t i = 0; i < LISN_END; i++)
		if (a->src[i].prio != b[i].prio || a->src[i].server != b[i].server ||
		    a->src[i].eisn != b[i].eisn)
			return false;
	return true;
}

static void check_last(const struct fake_machine *m)
{
	const struct fake_intc_call *c = fake_intc_last(&m->intc);

	if (c && c->op == 's' && !c->masked)
		must(spapr_has_server(&m->sp, c->server) && c->prio <= XIVE_PRIORITY_MAX);
	if (c && c->op == 'q' && c->queue.shift)
		must(c->queue.addr <= m->ram_size - (1ull << c->queue.shift));
	if (c && (c->op == 'L' || c->op == 'S'))
		must(c->offset < 1u << XIVE_ESB_PAGE_SHIFT);
}

/* A list of calls needs a look at all sources after each, so they stand still in between. */
static struct intc_source before[LISN_END];

static void one_call(struct fake_machine *m, struct input *in)
{
	uint8_t how = byte(in), which = byte(in);
	const struct hcall_desc *d = hcall_row(&m->sp, which % 64);
	uint64_t a[HCALL_MAX_ARGS], nr = d && how >= 8 ? d->nr : word(in, m);
	bool xive = nr >= H_INT_GET_SOURCE_INFO && nr <= H_INT_RESET;
	unsigned int calls = m->intc.ncalls;
	long r;

	m->intc.fail = how % 16 == 15 ? -EIO : 0;
	m->plat.mode_result = m->plat.proc_table_result = m->intc.fail;
	m->plat.random_result = m->plat.sprg0_result = m->intc.fail;
	m->console_full = how & 0x40;
	m->sp.caller = how % NCPUS;
	for (size_t i = 0; i < HCALL_MAX_ARGS; i++)
		a[i] = word(in, m);
	if (how & 0x20) { /* what it is about is often right */
		a[0] &= 1;
		a[1] = nr == H_INT_SET_QUEUE_CONFIG ? a[1] % NCPUS : a[1];
	}
	memcpy(before, m->sp.intc.src, sizeof(before));
	r = hcall_dispatch(&m->sp, nr, a);
	must(is_code(r));
	if (xive && r != H_SUCCESS && nr != H_INT_RESET)
		must(same_sources(&m->sp.intc, before));
	if (m->intc.ncalls != calls)
		check_last(m);
	must(m->plat.mode.ail == 0 || m->plat.mode.ail == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	uint8_t how = byte(&in);
	struct fake_machine *m = fake_machine_new(how & 1 ? INTC_XICS : INTC_XIVE, NCPUS, 1);

	log_set_sink(unread);
	m->sp.mode.radix = how & 2;
	m->sp.cfg.hwrng = how & 4;
	hcall_index(&m->sp);
	m->sp.cfg.ail3 = how & 8;
	must(intc_claim(&m->sp.intc, LSI, true) == 0);
	while (in.p < in.end) {
		intc_set_line(&m->sp.intc, LSI, byte(&in) & 1);
		one_call(m, &in);
	}
	m->intc.fail = 0;
	must(spapr_reset(&m->sp) == 0);
	fake_machine_free(m);
	return 0;
}

/* Each call once, as a guest makes it: flags 0 or 1, then small numbers. */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	if (index >= 128 || max < 64)
		return 0;
	memset(out, 0, 64);
	out[0] = index & 64 ? 0x0f : 0x0e; /* XICS, XIVE; radix, generator, AIL 3 */
	out[2] = 0x30;
	out[3] = (uint8_t)(index & 63);
	for (size_t i = 0; i < HCALL_MAX_ARGS; i++)
		out[4 + i] = (uint8_t)(40 + i * 5 + index);
	return 64;
}
