/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random series of all DDW and TCE calls, as the guest makes them, against a model: which windows
 * there are, and what each entry holds. In some steps calls of the host fail. After each step the
 * machine, the model and the host agree; after pe_dma_close() nothing is left.
 *
 * A failure that can be undone changes nothing. After more than one in a row (the undoing fails,
 * too) the model learns what is, and only the host may have less than the table says.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "sphapr/tce.h"
#include "tests/fake/dma.h"
#include "tests/fake/pci.h"
#include "tests/fake/platform.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 60
#define STEPS 500
#define BASE 0x80000000u
#define LIST 0x10000
#define RAM_TOP (4 * MiB) /* 1 MiB each at 0, 1 and 3 MiB */
#define CFG (3u << 11)
#define MAX_ENTRIES 1024

struct model_window {
	bool live;
	uint32_t liobn, page_shift;
	ioba_t start;
	uint64_t npages, tces[MAX_ENTRIES];
};

struct model {
	struct model_window slots[2]; /* the host's: the first free one is taken */
	struct fake_machine *m;
	struct fake_dma host;
	struct pci_func func;
	struct pe *pe;
	uint64_t random;
	unsigned int seed, step;
	unsigned int fired; /* failures in this step */
	bool damaged;       /* undoing failed: the host may have less than the tables */
	bool limited;       /* limited addressing mode */
};

static uint64_t next(struct model *o)
{
	o->random ^= o->random << 13;
	o->random ^= o->random >> 7;
	o->random ^= o->random << 17;
	return o->random >> 11;
}

static uint64_t below(struct model *o, uint64_t n)
{
	return next(o) % n;
}

static bool one_in(struct model *o, uint64_t n)
{
	return below(o, n) == 0;
}

static void agree(const struct model *o, bool yes, const char *what)
{
	cr_assert(yes, "seed %u step %u: %s", o->seed, o->step, what);
}

static struct model_window *find(struct model *o, uint64_t liobn)
{
	for (int i = 0; i < 2; i++)
		if (o->slots[i].live && o->slots[i].liobn == liobn)
			return &o->slots[i];
	return NULL;
}

static unsigned int nlive(const struct model *o)
{
	return (unsigned int)o->slots[0].live + o->slots[1].live;
}

static struct model_window *add(struct model *o, uint32_t liobn, uint32_t page_shift,
				uint64_t npages)
{
	int slot = o->slots[0].live ? 1 : 0;
	ioba_t start = !o->limited ? o->host.slot_start[slot] : liobn == BASE ? 0 : 4 * GiB;

	o->slots[slot] = (struct model_window){ .live = true,
						.liobn = liobn,
						.page_shift = page_shift,
						.start = start,
						.npages = npages };
	return &o->slots[slot];
}

static void add_default(struct model *o)
{
	add(o, BASE, 12, 256);
}

static bool is_ram(gpa_t gpa, uint64_t page)
{
	return IS_ALIGNED(gpa, page) && gpa < RAM_TOP && !(gpa >= 2 * MiB && gpa < 3 * MiB);
}

static void init(struct model *o, unsigned int seed)
{
	struct phb *p;

	memset(o, 0, sizeof(*o));
	o->seed = seed;
	o->random = (seed + 1) * 0x9e3779b97f4a7c15ULL | 1;
	o->m = fake_machine_new(INTC_XIVE, 1, 1);
	gmem_add(&o->m->mem, 1 * MiB, 1 * MiB, o->m->ram);
	gmem_add(&o->m->mem, 3 * MiB, 1 * MiB, o->m->ram);
	fake_dma_init(&o->host, &o->m->mem);
	if (seed % 4 == 3)
		o->host.caps.max_windows = 1;
	o->host.caps.limited = seed % 8 != 6;
	p = fake_machine_add_phb(o->m);
	o->func.devfn = 3 << 3;
	agree(o, phb_add_func(&o->m->sp, p, &o->func) == 0, "function");
	o->pe = &p->pe;
	agree(o, pe_dma_init(o->pe, &fake_dma_ops, &o->host, &o->host.caps, 0, true) == 0, "init");
	add_default(o);
}

/* What failures that could not be undone left: the tables are believed. */
static void learn(struct model *o)
{
	for (int i = 0; i < 2; i++) {
		struct model_window *v = &o->slots[i];
		const struct dma_window *w = pe_dma_find(o->pe, v->liobn);

		if (v->live && w)
			memcpy(v->tces, w->tces, v->npages * sizeof(*v->tces));
	}
	o->damaged = true;
}

static void check(struct model *o)
{
	agree(o, fake_dma_windows(&o->host) == nlive(o), "number of windows");
	for (int i = 0; i < 2; i++) {
		const struct model_window *v = &o->slots[i];
		const struct dma_window *w = v->live ? pe_dma_find(o->pe, v->liobn) : NULL;

		if (!v->live)
			continue;
		agree(o, w != NULL, "a window is missing");
		agree(o,
		      w->start == v->start && w->page_shift == v->page_shift &&
			      w->npages == v->npages,
		      "geometry");
		agree(o, memcmp(w->tces, v->tces, v->npages * sizeof(*v->tces)) == 0, "entries");
		agree(o, fake_dma_agrees(&o->host, w, o->damaged), "the host's entries");
	}
	agree(o, o->pe->has_default == (find(o, BASE) != NULL), "has_default");
	agree(o, o->pe->limited == o->limited && (o->host.frame != 0) == o->limited, "limited");
}

static unsigned int nleft(struct model *o)
{
	if (o->limited)
		return nlive(o) == (find(o, BASE) ? 1 : 0);
	return o->host.caps.max_windows - nlive(o);
}

static long hcall(struct model *o, uint64_t nr, uint64_t *a)
{
	return hcall_dispatch(&o->m->sp, nr, a);
}

static int32_t rtas(struct model *o, const char *name, struct rtas_call *c)
{
	return rtas_dispatch(&o->m->sp, rtas_token(name), c);
}

static uint64_t pick_liobn(struct model *o)
{
	uint64_t slot = below(o, 2);

	if (one_in(o, 12))
		return one_in(o, 2) ? next(o) : BASE + below(o, 4);
	return o->slots[slot].live ? o->slots[slot].liobn : o->slots[!slot].liobn;
}

static ioba_t pick_ioba(struct model *o, const struct model_window *v)
{
	uint64_t index;

	if (!v || one_in(o, 15))
		return next(o) << below(o, 20);
	index = one_in(o, 3) ? v->npages - 1 - below(o, 8) % v->npages : below(o, v->npages);
	return v->start + (index << v->page_shift) + (one_in(o, 20) ? below(o, 4096) : 0) +
	       (one_in(o, 25) ? v->npages << v->page_shift : 0);
}

/* Mostly as many as there are from @ioba on, or fewer. */
static uint64_t pick_n(struct model *o, const struct model_window *v, ioba_t ioba)
{
	uint64_t n = one_in(o, 3) ? below(o, 513) : below(o, 16), room;

	if (one_in(o, 30))
		return one_in(o, 2) ? 512 + below(o, 3) : next(o);
	if (v && !one_in(o, 15)) {
		room = v->npages - (((ioba - v->start) >> v->page_shift) & (v->npages - 1));
		n = n < room ? n : room;
	}
	return n;
}

static uint64_t pick_tce(struct model *o, uint32_t page_shift)
{
	uint64_t tce = below(o, RAM_TOP >> page_shift) << page_shift | below(o, 4);

	while (!one_in(o, 200) && tce & TCE_PERM && !is_ram(tce & ~TCE_PERM, 1ULL << page_shift))
		tce = below(o, RAM_TOP >> page_shift) << page_shift | below(o, 4);
	if (one_in(o, 400))
		tce ^= 1ULL << below(o, 64);
	return tce;
}

/* The index of a range that is in the window, or UINT64_MAX. */
static uint64_t range(const struct model_window *v, ioba_t ioba, uint64_t n)
{
	uint64_t index = (ioba - v->start) >> v->page_shift;

	if (ioba < v->start || (ioba - v->start) & ((1ULL << v->page_shift) - 1) ||
	    index >= v->npages || n > v->npages - index)
		return UINT64_MAX;
	return index;
}

static void judge(struct model *o, struct model_window *v, long status, uint64_t index,
		  const uint64_t *tces, uint64_t n, bool ok)
{
	o->fired = o->host.nfailed;
	if (!ok) {
		agree(o, status == H_PARAMETER && !o->fired, "bad request");
	} else if (o->fired) {
		agree(o,
		      status ==
			      (o->host.fail_with == -ENOMEM ? H_NOT_ENOUGH_RESOURCES : H_HARDWARE),
		      "host failure");
		if (o->fired > 1)
			learn(o);
	} else {
		agree(o, status == H_SUCCESS, "good request");
		memcpy(v->tces + index, tces, n * sizeof(*tces));
	}
}

static bool list_ok(const uint64_t *tces, uint64_t n, uint32_t page_shift)
{
	for (uint64_t i = 0; i < n; i++)
		if (tces[i] & TCE_PERM && !is_ram(tces[i] & ~TCE_PERM, 1ULL << page_shift))
			return false;
	return true;
}

static void step_put(struct model *o)
{
	uint64_t liobn = pick_liobn(o), tces[TCE_BULK_MAX], n, a[HCALL_MAX_ARGS], index;
	struct model_window *v = find(o, liobn);
	uint32_t shift = v ? v->page_shift : 12;
	ioba_t ioba = pick_ioba(o, v);
	bool single = one_in(o, 3), ok;
	long status;

	n = single ? 1 : pick_n(o, v, ioba);
	tces[0] = pick_tce(o, shift);
	for (uint64_t i = 1; i < n && i < TCE_BULK_MAX; i++)
		tces[i] = one_in(o, 6) ? pick_tce(o, shift)
			  : tces[i - 1] & TCE_PERM &&
					  is_ram((tces[i - 1] & ~TCE_PERM) + (1ULL << shift),
						 1ULL << shift)
				  ? tces[i - 1] + (1ULL << shift)
				  : tces[i - 1];
	for (uint64_t i = 0; i < n && i < TCE_BULK_MAX; i++)
		be64_store(o->m->ram + LIST + 8 * i, tces[i]);
	a[0] = liobn, a[1] = ioba, a[2] = single ? tces[0] : LIST, a[3] = n;
	status = hcall(o, single ? H_PUT_TCE : H_PUT_TCE_INDIRECT, a);
	index = v ? range(v, ioba, n) : UINT64_MAX;
	ok = v && n <= TCE_BULK_MAX && index != UINT64_MAX && list_ok(tces, n, shift);
	judge(o, v, status, index, tces, n, ok);
}

static void step_stuff(struct model *o)
{
	uint64_t liobn = pick_liobn(o), tces[TCE_BULK_MAX], tce, index, a[HCALL_MAX_ARGS];
	struct model_window *v = find(o, liobn);
	ioba_t ioba = pick_ioba(o, v);
	uint64_t n = pick_n(o, v, ioba);
	long status;

	tce = one_in(o, 4) ? next(o) : 0;
	a[0] = liobn, a[1] = ioba, a[2] = tce, a[3] = n;
	status = hcall(o, H_STUFF_TCE, a);
	if (v && n > TCE_BULK_MAX && range(v, ioba, 0) != UINT64_MAX) {
		agree(o, status == H_P4, "count of H_STUFF_TCE");
		return;
	}
	for (uint64_t i = 0; i < TCE_BULK_MAX; i++)
		tces[i] = tce;
	index = v && n <= TCE_BULK_MAX ? range(v, ioba, n) : UINT64_MAX;
	judge(o, v, status, index, tces, n, index != UINT64_MAX && !(tce & TCE_PERM));
}

static void step_get(struct model *o)
{
	uint64_t liobn = pick_liobn(o), a[HCALL_MAX_ARGS], index;
	struct model_window *v = find(o, liobn);
	ioba_t ioba = pick_ioba(o, v);
	long status;

	a[0] = liobn, a[1] = ioba;
	status = hcall(o, H_GET_TCE, a);
	index = v ? range(v, ioba, 1) : UINT64_MAX;
	if (index == UINT64_MAX)
		agree(o, status == H_PARAMETER, "bad H_GET_TCE");
	else
		agree(o, status == H_SUCCESS && a[0] == v->tces[index], "H_GET_TCE");
}

static void step_create(struct model *o)
{
	struct rtas_call c = { 5, 4, { CFG, PHB_BUID_BASE >> 32, (uint32_t)PHB_BUID_BASE }, { 0 } };
	uint32_t page = one_in(o, 8) ? (uint32_t)next(o) : one_in(o, 2) ? 12 : 16;
	uint32_t window = one_in(o, 8) ? (uint32_t)next(o) : 10 + (uint32_t)below(o, 14);
	bool ok = (page == 12 || page == 16) && window >= page && window <= 22 && nleft(o) > 0;
	struct model_window *v;
	int32_t status;

	c.args[3] = page;
	c.args[4] = window;
	if (one_in(o, 10)) {
		c.args[below(o, 3)] ^= 1u << (11 + below(o, 12));
		ok = false;
	}
	status = rtas(o, "ibm,create-pe-dma-window", &c);
	o->fired = o->host.nfailed;
	if (!ok) {
		agree(o, status == RTAS_PARAMETER, "bad create");
		return;
	}
	if (o->fired || o->pe->soiled) {
		agree(o, status == RTAS_HARDWARE, "create that the host refuses");
		return;
	}
	agree(o, status == RTAS_OK, "create");
	v = add(o, find(o, BASE | 1) ? BASE | 2 : BASE | 1, page, 1ULL << (window - page));
	agree(o, c.rets[1] == v->liobn, "LIOBN");
	agree(o, ((uint64_t)c.rets[2] << 32 | c.rets[3]) == v->start, "start");
}

static void step_remove(struct model *o)
{
	uint32_t liobn = (uint32_t)pick_liobn(o);
	struct rtas_call c = { 1, 1, { liobn }, { 0 } };
	struct model_window *v = find(o, liobn);
	int32_t status = rtas(o, "ibm,remove-pe-dma-window", &c);

	o->fired = o->host.nfailed;
	agree(o, status == (v ? RTAS_OK : RTAS_PARAMETER), "remove");
	if (!v)
		return;
	v->live = false;
	agree(o, !o->pe->soiled || o->limited, "a soiled frame");
	if (liobn != BASE && nlive(o) == 0 && !o->fired && !o->pe->soiled)
		add_default(o);
}

static void step_query(struct model *o)
{
	struct rtas_call c = { 3, 6, { CFG, PHB_BUID_BASE >> 32, (uint32_t)PHB_BUID_BASE }, { 0 } };

	agree(o, rtas(o, "ibm,query-pe-dma-window", &c) == RTAS_OK, "query");
	agree(o, c.rets[1] == nleft(o), "windows");
	agree(o, c.rets[2] == 0 && c.rets[3] == RAM_TOP >> 16 && c.rets[4] == 3, "block and mask");
}

static void all_anew(struct model *o, bool limited, bool has_default)
{
	for (int i = 0; i < 2; i++)
		o->slots[i].live = false;
	o->limited = limited;
	if (has_default)
		add_default(o);
	o->damaged = false;
}

/* The guest's call, or the partition's reboot. */
static void step_reset(struct model *o)
{
	struct rtas_call c = { 3, 1, { CFG, PHB_BUID_BASE >> 32, (uint32_t)PHB_BUID_BASE }, { 0 } };
	bool had = find(o, BASE) != NULL, ok;
	unsigned int allowed = had ? 1 : 0; /* the unmap; then the window is made anew */

	if (one_in(o, 2))
		ok = rtas(o, "ibm,reset-pe-dma-window", &c) == RTAS_OK;
	else
		ok = pe_dma_reset(o->pe) == 0;
	o->fired = o->host.nfailed;
	if (o->limited)
		agree(o, ok == o->pe->has_default && (ok || o->fired),
		      "reset that leaves the mode");
	else
		agree(o, ok == (o->fired <= allowed), "reset");
	all_anew(o, false, ok);
}

static bool is_mapped(const struct model_window *v)
{
	for (uint64_t i = 0; v && i < v->npages; i++)
		if (v->tces[i] & TCE_PERM)
			return true;
	return false;
}

static void step_limit(struct model *o)
{
	struct rtas_call c = {
		4, 1, { CFG, PHB_BUID_BASE >> 32, (uint32_t)PHB_BUID_BASE, 1 }, { 0 }
	};
	bool refused = is_mapped(find(o, BASE));
	int32_t status = rtas(o, "ibm,reset-pe-dma-window", &c);

	o->fired = o->host.nfailed;
	if (!o->host.caps.limited) {
		agree(o, status == RTAS_PARAMETER && !o->fired, "no limited addressing here");
	} else if (refused) {
		agree(o, status == RTAS_HARDWARE && !o->fired, "limited addressing while mapped");
	} else {
		agree(o, status == RTAS_OK || (status == RTAS_HARDWARE && o->fired),
		      "limited addressing");
		agree(o, o->pe->has_default || o->fired > 1, "the default is back");
		all_anew(o, status == RTAS_OK, o->pe->has_default);
	}
}

static void one_step(struct model *o)
{
	static void (*const steps[])(struct model *) = {
		step_put,   step_put,   step_put,    step_put,    step_put,    step_put, step_stuff,
		step_stuff, step_stuff, step_create, step_create, step_remove, step_get, step_query,
	};

	o->host.nfailed = 0;
	o->host.fail_in = one_in(o, 4) ? 1 + (unsigned int)below(o, 5) : 0;
	o->host.fail_for = one_in(o, 3) ? (unsigned int)below(o, 6) : 0;
	o->host.fail_with = one_in(o, 2) ? -ENOMEM : one_in(o, 3) ? 1 : -EINVAL;
	if (one_in(o, 25))
		step_reset(o);
	else if (one_in(o, 40))
		step_limit(o);
	else
		steps[below(o, ARRAY_LEN(steps))](o);
	o->host.fail_in = 0;
	check(o);
}

Test(ddw_model, guest_model_and_host_agree)
{
	static struct model o;
	unsigned int failures = 0, damages = 0, limited = 0, soiled = 0;

	said_catch(LOG_DEBUG);
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		init(&o, seed);
		for (o.step = 0; o.step < STEPS; o.step++) {
			one_step(&o);
			failures += o.host.nfailed != 0;
			damages += o.damaged;
			limited += o.limited;
			soiled += o.pe->soiled;
		}
		pe_dma_close(o.pe);
		agree(&o, fake_dma_windows(&o.host) == 0, "after close nothing is left");
		fake_machine_free(o.m);
	}
	cr_assert(gt(u32, failures, SEEDS * 10), "failures did happen: %u", failures);
	cr_assert(gt(u32, limited, SEEDS * 10), "steps in limited addressing mode: %u", limited);
	cr_assert(gt(u32, soiled, SEEDS / 4), "steps with pages that stayed: %u", soiled);
	cr_assert(gt(u32, damages, SEEDS), "so did such that could not be undone: %u", damages);
}
