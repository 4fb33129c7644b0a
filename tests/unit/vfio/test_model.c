/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random lives of two groups against a simple model: TCEs put by KVM and by us, dynamic windows,
 * resets, reboots, memory given back and taken again, unplugging, and now and then a call that
 * fails at any point. What the guest was told must be so; in the end nothing may be left.
 */
#include "tests/unit/vfio/model_fixture.h"

#define LIST 0x10000 /* guest address of the list of H_PUT_TCE_INDIRECT */
#define DEFAULT_SIZE (16 * MiB)

TestSuite(model, .init = vx_setup, .timeout = 60);

/* ---- what a guest does ---- */

static long hcall(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t args[HCALL_MAX_ARGS] = { a, b, c, d };

	return hcall_dispatch(&vx.sp, nr, args);
}

/* RAM mostly, and some that is not. */
static uint64_t some_tce(const struct mwindow *w)
{
	uint64_t pages = VX_RAM >> w->shift;

	return (rnd(20) ? rnd(pages) : pages + rnd(4)) << w->shift | rnd(4);
}

static bool is_valid(const struct mwindow *w, uint64_t tce)
{
	return !(tce & TCE_PERM) || (tce & ~TCE_PERM) + (1ULL << w->shift) <= VX_RAM;
}

static void put_one(struct mwindow *w)
{
	uint64_t i = rnd(w->npages), tce = some_tce(w), ioba = w->start + (i << w->shift);
	bool by_kvm = rnd(3) > 0;
	long want = is_valid(w, tce) ? H_SUCCESS : H_PARAMETER, r = FAKE_TOO_HARD;

	if (by_kvm)
		r = fake_kvm_put_tce(w->liobn, ioba, tce);
	if (r == FAKE_TOO_HARD)
		r = hcall(H_PUT_TCE, w->liobn, ioba, tce, 0);
	OK(r == want || (fake_has_failed() && r != H_SUCCESS));
	if (r == H_SUCCESS)
		w->tces[i] = tce;
}

static void put_list(struct mwindow *w)
{
	uint64_t i = rnd(w->npages), n = 1 + rnd(64), tces[64], base = some_tce(w);
	bool fits = n <= w->npages - i, valid = true;
	long r;

	for (uint64_t k = 0; k < n; k++) {
		/* Runs, as drivers make them, and jumps. */
		tces[k] = k && rnd(8) ? tces[k - 1] + (1ULL << w->shift) : k ? some_tce(w) : base;
		valid &= is_valid(w, tces[k]);
		be64_store((uint8_t *)vx.ram + LIST + 8 * k, tces[k]);
	}
	r = hcall(H_PUT_TCE_INDIRECT, w->liobn, w->start + (i << w->shift), LIST, n);
	if (!fits || !valid)
		OK(r == H_PARAMETER);
	else
		OK(r == H_SUCCESS || fake_has_failed());
	if (r == H_SUCCESS)
		memcpy(w->tces + i, tces, n * sizeof(*tces));
}

static void stuff(struct mwindow *w)
{
	uint64_t i = rnd(w->npages), n = 1 + rnd(600);
	long r = hcall(H_STUFF_TCE, w->liobn, w->start + (i << w->shift), 0, n);

	if (n > TCE_BULK_MAX)
		OK(r == H_P4);
	else if (n > w->npages - i)
		OK(r == H_PARAMETER);
	else
		OK(r == H_SUCCESS || fake_has_failed());
	if (r == H_SUCCESS)
		memset(w->tces + i, 0, n * sizeof(*w->tces));
}

static void get(const struct mwindow *w)
{
	uint64_t i = rnd(w->npages), a[HCALL_MAX_ARGS] = { w->liobn, w->start + (i << w->shift) };
	uint64_t tce;

	OK(hcall_dispatch(&vx.sp, H_GET_TCE, a) == H_SUCCESS && a[0] == w->tces[i]);
	if (fake_kvm_get_tce(w->liobn, w->start + (i << w->shift), &tce) != FAKE_TOO_HARD)
		OK(tce == w->tces[i]);
}

static int32_t rtas(struct mgroup *g, const char *name, uint32_t nargs, uint32_t a, uint32_t b,
		    uint32_t nret)
{
	uint64_t buid = g->pe.phb->buid;
	struct rtas_call c = { .nargs = nargs,
			       .nret = nret,
			       .args = { 0, (uint32_t)(buid >> 32), (uint32_t)buid, a, b } };

	if (nargs == 1)
		c.args[0] = a;
	return rtas_dispatch(&vx.sp, rtas_token(name), &c);
}

static void create(struct mgroup *g)
{
	uint32_t shift = rnd(2) ? 12 : 16, size = 20 + (uint32_t)rnd(6);
	bool has_default = find(g, g->pe.phb->pe.liobn_base) != NULL;
	int most = g->pe.frame && !has_default ? 1 : 2;
	bool full = g->w[0].live + g->w[1].live >= most;
	int32_t r = rtas(g, "ibm,create-pe-dma-window", 5, shift, size, 4);

	OK(full ? r == RTAS_PARAMETER : r == RTAS_OK || fake_has_failed() || g->drifted);
}

static void remove_one(struct mgroup *g)
{
	uint32_t liobn = g->pe.phb->pe.liobn_base + (uint32_t)rnd(3);
	bool there = find(g, liobn) != NULL;
	int32_t r = rtas(g, "ibm,remove-pe-dma-window", 1, liobn, 0, 1);

	OK(r == (there ? RTAS_OK : RTAS_PARAMETER));
}

static void reset(struct mgroup *g)
{
	int32_t r = rtas(g, "ibm,reset-pe-dma-window", 3, 0, 0, 1);

	OK(r == RTAS_OK || fake_has_failed() || g->drifted);
	if (r == RTAS_OK)
		OK(g->pe.phb->pe.has_default);
	forget_tces(g);
}

static void limit(struct mgroup *g)
{
	const struct mwindow *w = find(g, g->pe.phb->pe.liobn_base);
	bool mapped = false;
	int32_t r;

	for (uint64_t i = 0; w && i < w->npages; i++)
		mapped |= (w->tces[i] & TCE_PERM) != 0;
	r = rtas(g, "ibm,reset-pe-dma-window", 4, 1, 0, 1);
	if (mapped) {
		OK(r == RTAS_HARDWARE);
		return;
	}
	OK(r == RTAS_OK || fake_has_failed() || g->drifted);
	forget_tces(g);
}

/* ---- what happens to the machine ---- */

static bool last_holder(const struct mgroup *g)
{
	for (const struct mgroup *o = groups; o < groups + GROUPS; o++)
		if (o != g && o->plugged)
			return false;
	return true;
}

/* Memory cannot go while anything points into it; once it may, it comes back at once. */
static void unregister(struct mgroup *g)
{
	uint64_t live = fake_live_tces();
	int r = vfio_container_unregister_all(&g->pe.container);

	OK(fake_has_failed() || r == (last_holder(g) && live ? -EBUSY : 0));
	if (r < 0)
		return;
	fake_fail_nth(0, 0);
	OK(vfio_container_register(&g->pe.container, vx.ram, VX_RAM) == 0);
}

static void unplug(struct mgroup *g)
{
	vfio_pe_stop_functions(&g->pe);
	vfio_pe_close(&g->pe);
	spapr_remove_phb(&vx.sp, g->pe.phb);
	g->pe.phb = NULL;
	g->plugged = g->drifted = false;
	forget_tces(g);
}

static void plug(struct mgroup *g)
{
	struct phb *phb = spapr_add_phb(&vx.sp);
	int r;

	vfio_pe_init(&g->pe, &vx.env, phb, group_id(g));
	r = vfio_pe_open(&g->pe, bdf_of(g));
	if (r == 0)
		r = vfio_pe_register(&g->pe);
	if (r == 0)
		r = vfio_pe_start(&g->pe, true);
	if (r == 0)
		r = vfio_pe_add_func(&g->pe, bdf_of(g), 0, VFIO_RESET_AUTO);
	OK(r == 0 || fake_has_failed() || g->held);
	g->plugged = true;
	if (r < 0)
		unplug(g);
}

static void reboot(void)
{
	OK(spapr_reset(&vx.sp) == 0 || fake_has_failed());
	for (int i = 0; i < GROUPS; i++)
		forget_tces(&groups[i]);
}

static struct mwindow *some_window(struct mgroup *g)
{
	struct mwindow *w = &g->w[rnd(DDW_MAX_WINDOWS)];

	return w->live ? w : NULL;
}

static void act(struct mgroup *g)
{
	struct mwindow *w = some_window(g);
	uint64_t what = rnd(100);

	if (!g->plugged || what == 0)
		g->plugged ? unplug(g) : plug(g);
	else if (what < 2)
		reboot();
	else if (what < 4)
		reset(g);
	else if (what < 6)
		limit(g);
	else if (what < 14)
		create(g);
	else if (what < 20)
		remove_one(g);
	else if (what < 25)
		unregister(g);
	else if (w && what < 60)
		put_one(w);
	else if (w && what < 80)
		put_list(w);
	else if (w && what < 90)
		stuff(w);
	else if (w)
		get(w);
}

static void one_step(void)
{
	struct mgroup *g = &groups[rnd(GROUPS)];

	said_forget();
	if (rnd(6) == 0)
		fake_fail_nth(1 + (unsigned int)rnd(8), rnd(2) ? -ENOMEM : -EIO);
	act(g);
	nfailed += fake_has_failed();
	if (strncmp(fake_failed_call(), "VFIO_IOMMU_SPAPR_TCE_REMOVE", 27) == 0)
		for (int i = 0; i < GROUPS; i++)
			groups[i].drifted |= groups[i].plugged;
	g->drifted |= g->pe.phb && g->pe.phb->pe.soiled;
	if (strncmp(fake_failed_call(), "GROUP_DEL", 9) == 0)
		g->held = true;
	fake_fail_nth(0, 0);
	for (int i = 0; i < GROUPS; i++)
		take_windows(&groups[i]);
}

static void life(unsigned int nsteps)
{
	fake_reset();
	for (int i = 0; i < GROUPS; i++) {
		struct fake_hostdev *d =
			fake_hostdev_new(FAKE_NVME, bdf_of(&groups[i]), VX_GROUP + i, "vfio-pci");

		d->config_size = 256; /* less to read at each plugging */
		d->nintx = 0;         /* a bridge has only so many pins to give */
	}
	fake_vfio.dma32_size = DEFAULT_SIZE;
	memset(groups, 0, sizeof(groups));
	vx_open(rnd(2) ? INTC_XICS : INTC_XIVE);
	spapr_remove_phb(&vx.sp, vx.pe.phb); /* each group brings one of its own */
	for (step = 0; step < nsteps; step++) {
		one_step();
		if (step % 16 == 0)
			check_all();
	}
	check_all();
	for (int i = 0; i < GROUPS; i++)
		if (groups[i].plugged)
			unplug(&groups[i]);
	vx_close();
	VX_NOTHING_LEFT();
}

struct seeds {
	unsigned int first, n;
};

ParameterizedTestParameters(model, random_lives_leave_nothing)
{
	static struct seeds cases[] = { { 1, 30 }, { 31, 30 }, { 61, 30 }, { 91, 30 } };

	return cr_make_param_array(struct seeds, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct seeds *p, model, random_lives_leave_nothing)
{
	for (seed = p->first; seed < p->first + p->n; seed++) {
		rng = 0x9e3779b97f4a7c15ULL * seed;
		life(400);
	}
	cr_assert(gt(uint, nfailed, 200u), "only %u calls failed", nfailed);
}
