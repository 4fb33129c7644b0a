/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCE hypercalls and DDW calls from bytes, on two PHBs: one on a strict fake host, whose calls fail
 * now and then, one with tables of ours. Beyond the sanitizers' checks: the fake host's (no range
 * outside a window, nothing mapped that is not RAM), statuses are PAPR's, each call changes the
 * entries that a model says and no others, after each DDW call the host has what the tables say, and
 * at the end nothing.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "sphapr/tce.h"
#include "sphapr/tce_user.h"
#include "tests/fake/dma.h"
#include "tests/fake/pci.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PAGES (1u << 15) /* of a window that the model follows */

static struct phb *phbs[2]; /* of the machine: the fake host's, and that of our own tables */

/* An argument: what it should be like, near it, or anything. */
static uint64_t word(struct input *in, uint64_t like)
{
	uint8_t how = byte(in);

	if (how < 0x10)
		return raw64(in);
	if (how < 0x30)
		return like + (int8_t)byte(in);
	if (how < 0x38)
		return like ^ 1ULL << (byte(in) & 63);
	return like;
}

static const struct dma_window *some_window(struct input *in)
{
	uint8_t how = byte(in);
	const struct pe *pe = &phbs[how & 1]->pe;
	int i = how >> 1 & 1;

	return pe->live[i] ? &pe->windows[i] : pe->live[!i] ? &pe->windows[!i] : NULL;
}

/* ---- the model: what a call makes of the entries of its window ---- */

static struct {
	const struct dma_window *w; /* NULL: the call names none */
	bool none;                  /* a window too large for it */
	uint64_t before[MAX_PAGES], list[TCE_BULK_MAX];
	uint64_t nr, a[4];
} model;

static void remember(struct fake_machine *m, uint64_t nr, const uint64_t *a)
{
	struct pe *pe;

	model.none = false;
	model.w = tce_find_window(&m->sp, a[0], &pe);
	model.nr = nr;
	memcpy(model.a, a, sizeof(model.a));
	if (!model.w)
		return;
	model.none = model.w->npages > MAX_PAGES;
	if (model.none)
		return;
	memcpy(model.before, model.w->tces, model.w->npages * sizeof(uint64_t));
	if (nr == H_PUT_TCE_INDIRECT && a[3] <= TCE_BULK_MAX &&
	    gmem_read(&m->mem, a[2], model.list, a[3] * sizeof(uint64_t)) == 0)
		for (uint64_t i = 0; i < a[3]; i++)
			model.list[i] = be64_load((const uint8_t *)&model.list[i]);
}

/* The entries [@first, @first + @n) may be others now; those beside them are as they were. */
static void only_changed(uint64_t first, uint64_t n)
{
	const struct dma_window *w = model.w;

	must(first <= w->npages && n <= w->npages - first);
	must(memcmp(w->tces, model.before, first * sizeof(uint64_t)) == 0);
	must(memcmp(w->tces + first + n, model.before + first + n,
		    (w->npages - first - n) * sizeof(uint64_t)) == 0);
}

static void compare(long r, uint64_t got)
{
	const struct dma_window *w = model.w;
	uint64_t n = model.nr == H_PUT_TCE ? 1 : model.nr == H_GET_TCE ? 0 : model.a[3];
	uint64_t first = w ? (model.a[1] - w->start) >> w->page_shift : 0;

	if (model.none)
		return;
	if (!w)
		must(r != H_SUCCESS);
	else if (r == H_HARDWARE || r == H_NOT_ENOUGH_RESOURCES)
		only_changed(first, n);
	else if (r != H_SUCCESS)
		only_changed(0, 0);
	else
		only_changed(first, n);
	if (r != H_SUCCESS)
		return;
	must(w->start + (first << w->page_shift) == model.a[1]);
	for (uint64_t i = 0; i < n; i++)
		must(w->tces[first + i] ==
		     (model.nr == H_PUT_TCE_INDIRECT ? model.list[i] : model.a[2]));
	must(model.nr != H_GET_TCE || got == model.before[first]);
}

static void one_hcall(struct fake_machine *m, struct input *in)
{
	static const uint64_t nrs[] = { H_PUT_TCE, H_GET_TCE, H_PUT_TCE_INDIRECT, H_STUFF_TCE };
	const struct dma_window *w = some_window(in);
	uint64_t nr = nrs[byte(in) & 3], a[HCALL_MAX_ARGS];
	uint32_t shift = w ? w->page_shift : 12;
	uint64_t tce = (uint64_t)byte(in) << shift | (byte(in) & TCE_PERM);
	gpa_t list = byte(in) & 1 ? 0x10000 : m->ram_size - 4096;
	long r;

	for (uint32_t i = 0; i < 512; i++)
		be64_store(m->ram + list + 8 * i, tce + ((uint64_t)(i % 100) << shift));
	for (uint8_t n = byte(in) & 7; n > 0; n--)
		be64_store(m->ram + list + 8 * byte(in), word(in, tce));
	a[0] = word(in, w ? w->liobn : 0x80000000);
	a[1] = word(in, w ? w->start + ((uint64_t)byte(in) << shift) : 0);
	a[2] = word(in, nr == H_PUT_TCE_INDIRECT ? list
			: nr == H_STUFF_TCE      ? tce & ~TCE_PERM
						 : tce);
	a[3] = word(in, byte(in) * 2u);
	remember(m, nr, a);
	r = hcall_dispatch(&m->sp, nr, a);
	compare(r, a[0]);
	must(r == H_SUCCESS || r == H_PARAMETER || r == H_P4 || r == H_HARDWARE ||
	     r == H_NOT_ENOUGH_RESOURCES || r == H_FUNCTION);
	must(r != H_FUNCTION || (nr == H_PUT_TCE_INDIRECT && (int64_t)a[0] < 0));
	must(r != H_P4 || nr == H_STUFF_TCE);
}

static void one_rtas(struct fake_machine *m, struct input *in)
{
	static const char *const names[] = { "ibm,query-pe-dma-window", "ibm,create-pe-dma-window",
					     "ibm,remove-pe-dma-window",
					     "ibm,reset-pe-dma-window" };
	static const uint32_t nargs[] = { 3, 5, 1, 3 }, nret[] = { 6, 4, 1, 1 };
	const struct dma_window *w = some_window(in);
	uint32_t which = byte(in) & 3;
	struct rtas_call c = { .nargs = nargs[which], .nret = nret[which] };
	int32_t r;

	c.args[0] = (uint32_t)word(in, which == 2 && w ? w->liobn : 3u << 11);
	c.args[1] = (uint32_t)word(in, PHB_BUID_BASE >> 32);
	c.args[2] = (uint32_t)word(in, (PHB_BUID_BASE & UINT32_MAX) + (byte(in) & 1));
	c.args[3] = (uint32_t)word(in, byte(in) & 1 ? 12 : 16);
	c.args[4] = (uint32_t)word(in, 12 + (byte(in) & 15));
	r = rtas_dispatch(&m->sp, rtas_token(names[which]), &c);
	must(r == RTAS_OK || r == RTAS_HARDWARE || r == RTAS_PARAMETER);
	if (which == 1 && r == RTAS_OK) {
		struct pe *pe;

		w = tce_find_window(&m->sp, c.rets[1], &pe);
		must(w && w->start == ((uint64_t)c.rets[2] << 32 | c.rets[3]));
		must(w->npages << w->page_shift == 1ULL << c.args[4]);
	}
}

static struct fake_machine *machine(struct fake_dma *host, struct pci_func *func)
{
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 1);

	gmem_add(&m->mem, 1 * MiB, 1 * MiB, m->ram);
	gmem_add(&m->mem, 3 * MiB, 1 * MiB, m->ram);
	fake_dma_init(host, &m->mem);
	func->devfn = 3 << 3;
	for (uint32_t i = 0; i < 2; i++) {
		phbs[i] = fake_machine_add_phb(m);
		must(phb_add_func(&m->sp, phbs[i], func) == 0);
	}
	must(pe_dma_init(&phbs[0]->pe, &fake_dma_ops, host, &host->caps, 0, true) == 0);
	must(pe_dma_init(&phbs[1]->pe, &tce_user_ops, NULL, &tce_user_caps, 1, true) == 0);
	return m;
}

static void agrees(const struct fake_dma *host)
{
	const struct pe *pe = &phbs[0]->pe;

	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i])
			must(fake_dma_agrees(host, &pe->windows[i], host->nfailed > 1));
	must(fake_dma_windows(host) == (unsigned int)pe->live[0] + pe->live[1]);
}

static void translate(struct input *in)
{
	const struct dma_window *w = some_window(in);
	uint64_t len = word(in, 4096), wanted = len;
	gpa_t gpa;

	if (w && len && tce_translate(w, word(in, w->start), byte(in) & TCE_PERM, &gpa, &len) == 0)
		must(len > 0 && len <= wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_dma host;
	static struct pci_func func;
	struct input in = { data, data + size };
	struct fake_machine *m;

	log_set_sink(unread);
	m = machine(&host, &func);
	while (in.p < in.end) {
		uint8_t what = byte(&in);

		if (what >= 0xe0) {
			host.fail_in = what & 7;
			host.fail_for = what >> 3 & 3;
		}
		if (what < 0x30) {
			one_rtas(m, &in);
			agrees(&host);
		} else if (what < 0x38) {
			translate(&in);
		} else {
			one_hcall(m, &in);
		}
	}
	agrees(&host);
	for (uint32_t i = 0; i < 2; i++)
		pe_dma_close(&phbs[i]->pe);
	must(fake_dma_windows(&host) == 0);
	fake_machine_free(m);
	return 0;
}
