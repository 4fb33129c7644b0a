/* SPDX-License-Identifier: BSD-2-Clause */
/* window.c: what the host can do, in the words of sphapr/ddw.h; windows that come and go. */
#include "tests/unit/vfio/fixture.h"

#define LIOBN 0x80000000u

static void setup(void)
{
	vx_setup();
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
}

TestSuite(window, .init = setup, .timeout = 60);

static long hcall(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t args[HCALL_MAX_ARGS] = { a, b, c, d };

	return hcall_dispatch(&vx.sp, nr, args);
}

struct caps_case {
	enum fake_host_id host;
	uint64_t ram_page, page_sizes, dma32, default_size;
	bool partition;
};

ParameterizedTestParameters(window, page_sizes_are_those_of_host_and_memory)
{
	static struct caps_case cases[] = {
		{ FAKE_P9_64K, 64 * KiB, 4 * KiB | 64 * KiB, 2 * GiB, 1 * GiB },
		{ FAKE_P9_64K, 2 * MiB, 4 * KiB | 64 * KiB | 2 * MiB, 2 * GiB, 1 * GiB },
		{ FAKE_P9_64K, 1 * GiB, 4 * KiB | 64 * KiB | 2 * MiB | 1 * GiB, 512 * MiB,
		  512 * MiB },
		{ FAKE_P9_4K, 4 * KiB, 4 * KiB, 768 * MiB, 512 * MiB },
		{ FAKE_HASH, 16 * MiB, 4 * KiB | 64 * KiB | 2 * MiB | 16 * MiB, 2 * GiB, 1 * GiB },
		{ FAKE_L1, 64 * KiB, 4 * KiB | 64 * KiB, 1 * GiB, 1 * GiB, true },
	};

	return cr_make_param_array(struct caps_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct caps_case *p, window, page_sizes_are_those_of_host_and_memory)
{
	struct dma_caps caps;

	fake_host(p->host);
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	fake_vfio.dma32_size = p->dma32;
	vx_open(INTC_XICS);
	vx.env.ram_page = p->ram_page;
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	caps = vfio_window_caps(&vx.pe);
	cr_assert(eq(u64, caps.page_sizes, p->page_sizes));
	cr_assert(eq(u64, caps.default_size, p->default_size));
	cr_assert(eq(u32, caps.max_windows, 2));
	cr_assert(eq(int, caps.limited, !p->partition));
	/* What is promised can be made: tables of that many entries. */
	cr_assert(le(u64, caps.max_pages * 8, 1ULL << 55));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, a_host_without_32_bit_window_has_none_for_the_guest)
{
	struct dma_caps caps;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	vx.pe.container.dma32_size = 0;
	caps = vfio_window_caps(&vx.pe);
	cr_assert(eq(u64, caps.default_size, 0)); /* pe_dma_init() refuses it */
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, a_dynamic_window_is_told_where_it_is)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(u64, w->start, 1ULL << 59));
	cr_assert(eq(long, fake_kvm_put_tce(w->liobn, w->start + 0x10000, 0x20003), H_SUCCESS));
	cr_assert(
		eq(ptr, fake_dma(VX_GROUP, w->start + 0x1abcd, true), (uint8_t *)vx.ram + 0x2abcd));
	cr_assert(eq(int, pe_dma_remove(&vx.pe.phb->pe, w->liobn), 0));
	cr_assert(eq(int, fake_windows(), 1));
	cr_assert(eq(int, fake_kvm_tables(), 1));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, a_guest_cannot_fill_the_log_with_them)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	for (int i = 0; i < 100; i++) {
		cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), 0));
		cr_assert(eq(int, pe_dma_remove(&vx.pe.phb->pe, w->liobn), 0));
	}
	cr_assert(ge(int, said_times("DMA window at"), 2));
	cr_assert(le(int, said_times("DMA window at"), 10));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, a_removed_default_leaves_its_place)
{
	struct pe *dma;
	struct dma_window *w;

	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, pe_dma_remove(dma, LIOBN), 0));
	cr_assert(eq(int, fake_windows(), 0));
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(u64, w->start, 0));
	cr_assert(eq(int, pe_dma_reset(dma), 0));
	cr_assert(eq(ptr, pe_dma_find(dma, LIOBN), &dma->windows[0]));
	cr_assert(eq(int, fake_windows(), 1));
	vx_close();
	VX_NOTHING_LEFT();
}

/* A second one would cost the group every window, the default too, until this host reboots. */
Test(window, a_host_that_is_a_guest_is_asked_for_one_dynamic_window)
{
	struct pe *dma;
	struct dma_window *w;
	struct ddw_query q;

	fake_host(FAKE_L1);
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	for (int order = 0; order < 2; order++) {
		if (order == 0)
			cr_assert(eq(int, pe_dma_remove(dma, LIOBN), 0));
		pe_dma_query(dma, &vx.mem, &q);
		cr_assert(eq(u32, q.windows, 1));
		cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
		if (order == 1)
			cr_assert(eq(int, pe_dma_remove(dma, LIOBN), 0));
		pe_dma_query(dma, &vx.mem, &q);
		cr_assert(eq(u32, q.windows, 0));
		cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), -EINVAL));
		cr_assert(eq(int, pe_dma_reset(dma), 0), "the default is back: %s", said_all());
	}
	cr_assert(not(fake_vfio.l0_refuses));
	vx_close();
	VX_NOTHING_LEFT();
}

/* Two vCPUs: KVM has the tables to read from, and what changes is ours. */
Test(window, without_links_kvm_answers_what_only_looks)
{
	struct pe *dma;
	uint64_t tce = 0x40000 | TCE_PERM, got = 0;
	struct dma_window *w;

	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	vx.env.unlinked = true;
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	cr_assert(eq(int, fake_count("GROUP_ADD"), 0));
	cr_assert(eq(long, hcall(H_PUT_TCE, LIOBN, 0x3000, tce, 0), H_SUCCESS));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x3abc, true), (uint8_t *)vx.ram + 0x40abc));
	cr_assert(eq(long, fake_kvm_get_tce(LIOBN, 0x3000, &got), H_SUCCESS));
	cr_assert(eq(u64, got, tce));
	cr_assert(eq(int, pe_dma_reset(dma), 0));
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), 0), "%s", said_all());
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(int, fake_kvm_tables(), 2), "also of the one that KVM could not link");
	cr_assert(eq(long, hcall(H_PUT_TCE, w->liobn, w->start, tce, 0), H_SUCCESS));
	cr_assert(eq(long, fake_kvm_get_tce(w->liobn, w->start, &got), H_SUCCESS));
	cr_assert(eq(u64, got, tce));
	vx_close();
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	VX_NOTHING_LEFT();
}

Test(window, vcpus_are_out_of_kvm_when_its_table_goes)
{
	struct pe *dma;
	struct dma_window *w;
	unsigned int holds;

	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0));
	holds = vx.plat.nholds;
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(u32, vx.plat.nholds, holds));
	cr_assert(eq(int, pe_dma_remove(dma, w->liobn), 0));
	cr_assert(eq(u32, vx.plat.nholds, holds + 1));
	fake_fail_all("SET_SPAPR_TCE 26", -ENOMEM);
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	fake_fail_all(NULL, 0);
	cr_assert(eq(u32, vx.plat.nholds, holds + 2));
	vx_close();
	VX_NOTHING_LEFT();
}

/* Both of the guest's windows in one of the host's, as 48-bit devices of Linux ask for it. */
Test(window, limited_addressing)
{
	struct pe *dma;
	struct dma_window *w;
	uint64_t tce = 0x40000 | TCE_READ | TCE_WRITE;

	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), 0), "%s", said_all());
	cr_assert(eq(int, fake_windows(), 1));
	cr_assert(eq(int, fake_kvm_tables(), 1), "KVM serves the default window as before");
	cr_assert(eq(long, fake_kvm_put_tce(LIOBN, 0x3000, 0x20003), H_SUCCESS));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x3abc, true), (uint8_t *)vx.ram + 0x20abc));
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(u64, w->start, 4 * GiB));
	cr_assert(eq(int, fake_windows(), 1));
	cr_assert(eq(int, fake_kvm_tables(), 1), "it has no table that KVM could link");
	cr_assert(not(said("KVM serves no TCE calls")), "%s", said_all());
	cr_assert(eq(long, hcall(H_PUT_TCE, w->liobn, w->start + 0x10000, tce, 0), H_SUCCESS));
	cr_assert(eq(u64, fake_live_tces(), 1 + 16), "16 of the host's for one of the guest's");
	cr_assert(
		eq(ptr, fake_dma(VX_GROUP, 4 * GiB + 0x1fedc, true), (uint8_t *)vx.ram + 0x4fedc));
	cr_assert(eq(int, pe_dma_remove(dma, w->liobn), 0));
	cr_assert(eq(u64, fake_live_tces(), 1));
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), -EBUSY));
	cr_assert(eq(int, pe_dma_reset(dma), 0));
	cr_assert(eq(u64, fake_live_tces(), 0));
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(u64, w->start, 1ULL << 59));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, limited_addressing_at_the_end_of_the_machine)
{
	struct pe *dma;
	struct dma_window *w;

	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), 0), "%s", said_all());
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(long, hcall(H_PUT_TCE, w->liobn, w->start, 3, 0), H_SUCCESS));
	cr_assert(eq(long, hcall(H_PUT_TCE, LIOBN, 0, 3, 0), H_SUCCESS));
	vx_close();
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	VX_NOTHING_LEFT();
}

/* A failed attempt costs: Linux keeps what it charged for it. So the limit is looked at before. */
Test(window, limited_addressing_is_refused_when_locked_memory_does_not_allow_it)
{
	struct pe *dma;
	int before;

	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0));
	vx.env.need = vfio_memlock_need(32 * MiB, 1, 1 * GiB, true, 64 * KiB);
	fake_set_memlock(vx.env.need.ram + vx.env.need.tables +
			 3 * vfio_memlock_table(1 << 21) / 2);
	before = fake_count("VFIO_IOMMU_SPAPR_TCE_CREATE");
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), -ENOMEM));
	cr_assert(said("raise the limit on locked memory"), "%s", said_all());
	cr_assert(eq(int, fake_count("VFIO_IOMMU_SPAPR_TCE_CREATE"), before + 1), "the default");
	cr_assert(pe_dma_find(dma, LIOBN) != NULL);
	fake_set_memlock(vx.env.need.ram + vx.env.need.tables + 2 * vfio_memlock_table(1 << 21));
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), 0), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, limited_addressing_that_the_host_refuses)
{
	struct pe *dma;
	struct dma_window *w;

	fake_vfio.contiguous = 1 * MiB;
	vx_open(INTC_XICS);
	dma = &vx.pe.phb->pe;
	cr_assert(eq(int, vx_open_pe(true), 0));
	fake_vfio.contiguous = 4 * KiB;
	cr_assert(eq(int, pe_dma_limit(dma, &vx.mem), -ENOMEM));
	fake_vfio.contiguous = 16 * MiB;
	cr_assert(eq(int, pe_dma_reset(dma), 0));
	cr_assert(eq(int, pe_dma_create(dma, &vx.mem, 16, 25, &w), 0), "%s", said_all());
	cr_assert(eq(u64, w->start, 1ULL << 59));
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, bulk_calls_become_one_ioctl)
{
	uint8_t *list;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	list = (uint8_t *)vx.ram + 0x100000;
	for (int i = 0; i < 512; i++)
		be64_store(list + 8 * i, (uint64_t)(0x200000 + i * 0x1000) | 3);
	cr_assert(eq(long, hcall(H_PUT_TCE_INDIRECT, LIOBN, 0x10000, 0x100000, 512), H_SUCCESS));
	cr_assert(eq(int, fake_count("VFIO_IOMMU_MAP_DMA"), 1));
	cr_assert(eq(u64, fake_live_tces(), 512));
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 0x10000 + 511 * 0x1000, true),
		     (uint8_t *)vx.ram + 0x200000 + 511 * 0x1000));
	cr_assert(eq(long, hcall(H_STUFF_TCE, LIOBN, 0x10000, 0, 512), H_SUCCESS));
	cr_assert(eq(int, fake_count("VFIO_IOMMU_UNMAP_DMA"), 1));
	cr_assert(eq(u64, fake_live_tces(), 0));
	/* Over the end: the kernel would not look. */
	cr_assert(
		eq(long, hcall(H_PUT_TCE_INDIRECT, LIOBN, GiB - 0x1000, 0x100000, 2), H_PARAMETER));
	cr_assert(eq(long, hcall(H_STUFF_TCE, LIOBN, GiB - 0x1000, 0, 2), H_PARAMETER));
	vx_close();
	VX_NOTHING_LEFT();
}

struct refusal {
	char call[40];
	int err;
	long status;
};

ParameterizedTestParameters(window, a_tce_that_the_host_refuses_is_not_entered)
{
	static struct refusal cases[] = {
		{ "VFIO_IOMMU_MAP_DMA", -EPERM, H_HARDWARE },
		{ "VFIO_IOMMU_MAP_DMA", -ENXIO, H_HARDWARE },
		{ "VFIO_IOMMU_MAP_DMA", -EINVAL, H_HARDWARE },
		{ "VFIO_IOMMU_MAP_DMA", 1, H_HARDWARE },
		{ "VFIO_IOMMU_MAP_DMA", -ENOMEM, H_NOT_ENOUGH_RESOURCES },
	};

	return cr_make_param_array(struct refusal, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct refusal *p, window, a_tce_that_the_host_refuses_is_not_entered)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	w = pe_dma_find(&vx.pe.phb->pe, LIOBN);
	fake_fail_all(p->call, p->err);
	cr_assert(eq(long, hcall(H_PUT_TCE, LIOBN, 0x1000, 0x10003, 0), p->status));
	cr_assert(eq(u64, w->tces[1], 0));
	cr_assert(said("LIOBN 0x80000000"), "%s", said_all());
	fake_fail_all(NULL, 0);
	cr_assert(eq(long, hcall(H_PUT_TCE, LIOBN, 0x1000, 0x10003, 0), H_SUCCESS));
	vx_close();
	VX_NOTHING_LEFT();
}

struct no_window {
	int err;
	int result; /* of pe_dma_create */
};

ParameterizedTestParameters(window, a_window_that_the_host_refuses_is_a_warning)
{
	static struct no_window cases[] = {
		{ -ENOMEM, -ENOMEM }, { -ENOSPC, -ENOSPC }, { -EINVAL, -EIO }, { -ENODEV, -ENODEV },
		{ -EPERM, -EPERM },   { -EBADF, -EBADF }, /* OPAL's "no memory" */
	};

	return cr_make_param_array(struct no_window, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct no_window *p, window, a_window_that_the_host_refuses_is_a_warning)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	fake_fail_all("VFIO_IOMMU_SPAPR_TCE_CREATE", p->err);
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), p->result));
	cr_assert(eq(int, said_errors(), 0));
	cr_assert(said("the host does not make this window"), "%s", said_all());
	cr_assert(eq(int, fake_windows(), 1));
	vx_close();
	VX_NOTHING_LEFT();
}

/* The device must not reach what the guest took back, whatever becomes of the window. */
Test(window, a_window_that_stays_is_empty)
{
	struct dma_window *w;
	uint64_t tce = 0x40000 | TCE_READ | TCE_WRITE;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), 0));
	cr_assert(eq(long, hcall(H_PUT_TCE, w->liobn, w->start, tce, 0), H_SUCCESS));
	cr_assert(ne(ptr, fake_dma(VX_GROUP, 1ull << 59, true), NULL));
	fake_fail_all("VFIO_IOMMU_SPAPR_TCE_REMOVE", -EPERM);
	cr_assert(eq(int, pe_dma_remove(&vx.pe.phb->pe, w->liobn), 0));
	cr_assert(said("group 26: the DMA window at 0x800000000000000 stays: TCE_REMOVE: "
		       "Operation "
		       "not permitted"),
		  "%s", said_all());
	cr_assert(eq(ptr, fake_dma(VX_GROUP, 1ull << 59, true), NULL));
	cr_assert(eq(u64, fake_live_tces(), 0));
	fake_fail_all(NULL, 0);
	vx_close(); /* its memory can be unregistered, and the container takes it along */
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	VX_NOTHING_LEFT();
}

struct flood_case {
	char fails[40];
	char said[40];
};

ParameterizedTestParameters(window, a_guest_that_tries_for_ever_does_not_fill_the_log)
{
	static struct flood_case cases[] = {
		{ "VFIO_IOMMU_SPAPR_TCE_REMOVE", "stays: TCE_REMOVE" },
		{ "SET_SPAPR_TCE", "KVM serves no TCE calls" },
		{ "VFIO_IOMMU_SPAPR_TCE_CREATE", "the host does not make this window" },
		{ "", "DMA window at" },
	};

	return cr_make_param_array(struct flood_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct flood_case *p, window, a_guest_that_tries_for_ever_does_not_fill_the_log)
{
	struct dma_window *w;

	vx_open(INTC_XICS);
	cr_assert(eq(int, vx_open_pe(true), 0));
	fake_fail_all(p->fails, -EPERM);
	for (int i = 0; i < 200; i++) {
		pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w);
		pe_dma_remove(&vx.pe.phb->pe, 0x80000001);
		pe_dma_remove(&vx.pe.phb->pe, 0x80000000);
		pe_dma_reset(&vx.pe.phb->pe);
	}
	fake_fail_all(NULL, 0);
	cr_assert(said(p->said), "%s", said_all());
	cr_assert(ge(int, said_lines(), LOG_MAY_LINES), "%s", said_all());
	/* 16: ddw.c's own */
	cr_assert(le(int, said_lines(), LOG_MAY_LINES + 16), "%s", said_all());
	vx_close();
	VX_NOTHING_LEFT();
}

Test(window, a_window_in_the_wrong_place_is_given_back)
{
	struct dma_window *w;

	fake_vfio.l1 = true;
	fake_vfio.levels = 1;
	fake_vfio.l0_start = 1 * GiB; /* ends in the 32-bit BARs */
	vx_open(INTC_XICS);
	vx.env.ram_page = 64 * KiB;
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	fake_vfio.l0_start = 2 * GiB;
	cr_assert(eq(int, pe_dma_create(&vx.pe.phb->pe, &vx.mem, 16, 25, &w), -EADDRINUSE));
	cr_assert(said("puts this window where it cannot be"), "%s", said_all());
	cr_assert(eq(int, fake_windows(), 1));
	cr_assert(eq(int, fake_kvm_tables(), 1));
	vx_close();
	VX_NOTHING_LEFT();
}
