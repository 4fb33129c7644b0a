/* SPDX-License-Identifier: BSD-2-Clause */
/* Topics that leave a mess: devices in full use at a reboot, and one held in reset at the end. */
#include "guest.h"

#define PCI_COMMAND 4
#define MASTER_MEMORY 6
#define MSI_X 4 /* function of ibm,change-msi */
#define NTCES 64

/* What power-on leaves: no window but the default, which is empty, and a device that is off. */
static void is_new(const struct function *f)
{
	uint64_t tce = 1;

	for (uint64_t i = 0; i < NTCES; i++) {
		check(hcall(H_GET_TCE, f->liobn, f->start + (i << 12), 0, 0, &tce), H_SUCCESS,
		      "%s: TCE %u of the default window", f->path, i);
		check((int64_t)tce, 0, "%s: its value", f->path);
	}
	check(hcall(H_GET_TCE, f->liobn + 1, 0, 0, 0, &tce), H_PARAMETER,
	      "%s: the window of the life before", f->path);
	check(bus_read(f, PCI_COMMAND, 2) & MASTER_MEMORY, 0, "%s: its command register", f->path);
}

static void map(const struct function *f, const struct window *w)
{
	uint64_t page = (uintptr_t)machine.scratch >> w->page_shift << w->page_shift;
	uint32_t wrong = 0;

	for (uint64_t i = 0; i < NTCES && i < w->npages; i++)
		wrong += hcall(H_PUT_TCE, w->liobn, w->start + (i << w->page_shift), page | 3, 0,
			       NULL) != H_SUCCESS;
	check(wrong, 0, "%s: TCEs of LIOBN 0x%x that were refused", f->path, (uint64_t)w->liobn);
}

static void use(const struct function *f)
{
	struct window w = window_default(f);
	struct query q;

	map(f, &w);
	check(window_query(f, &q), 0, "%s: query", f->path);
	check(window_create(f, window_page_shift(&q), window_shift(&q), &w), 0, "%s: a window",
	      f->path);
	map(f, &w);
	if (f->max_msix >= 2)
		check(RTAS("ibm,change-msi", 4, f->addr, f->hi, f->lo, MSI_X, 2, 1), 0,
		      "%s: two vectors", f->path);
	bus_write(f, PCI_COMMAND, 2, MASTER_MEMORY);
}

void topic_leave(void)
{
	for (unsigned int i = 0; i < nfunctions; i++) {
		if (!functions[i].first)
			continue;
		is_new(&functions[i]);
		use(&functions[i]);
	}
	say("leave: %u cases, %u wrong\n", machine.cases, machine.wrong);
	if (machine.asks)
		wait_for_input();
	rtas("system-reboot", 0, 1, NULL);
	say("leave: it returned\n");
}

void topic_hold(void)
{
	const struct function *f = &functions[0];

	if (nfunctions == 0) {
		skip("there is no device");
		return;
	}
	check(RTAS("ibm,set-slot-reset", 1, f->addr, f->hi, f->lo, 1), 0, "hot reset");
	say("hold: %u wrong\n", machine.wrong);
	topic_spin();
}
