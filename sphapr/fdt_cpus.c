/* SPDX-License-Identifier: BSD-2-Clause */
/* /cpus: one node a core; its threads are the server numbers in ibm,ppc-interrupt-server#s. */
#include "sphapr/fdt_tree.h"
#include "sphapr/spapr.h"

#include <stdio.h>

#define MAX_THREADS 8
#define PI_NO_MSGSNDP_BYTE 0 /* ibm,pi-features: KVM does not virtualize msgsndp */

static void cache(struct fdtb *b, char kind, const struct cpu_cache *c)
{
	static const char *const names[] = { "block-size", "line-size", "size", "sets" };
	const uint32_t values[] = { c->line, c->line, c->size, c->sets };
	char name[32];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(name, sizeof(name), "%c-cache-%s", kind, names[i]);
		if (values[i])
			fdtb_u32(b, name, values[i]);
	}
}

static void features(const struct cpu_facts *f, bool radix, struct fdtb *b)
{
	uint8_t pa[2 + UINT8_MAX];
	uint8_t pi[2 + PI_NO_MSGSNDP_BYTE + 1] = { PI_NO_MSGSNDP_BYTE + 1, 0 };

	fdtb_bytes(b, "ibm,pa-features", pa, cpu_pa_features(f, radix, pa));
	pi[2 + PI_NO_MSGSNDP_BYTE] = 0x08;
	fdtb_bytes(b, "ibm,pi-features", pi, sizeof(pi));
	fdtb_u32(b, "ibm,vmx", 2); /* VMX and VSX */
	fdtb_u32(b, "ibm,dfp", 1);
	fdtb_u32(b, "ibm,purr", 1);
	fdtb_u32(b, "ibm,spurr", 1);
	fdtb_empty(b, "64-bit");
}

static void mmu(const struct spapr *sp, struct fdtb *b)
{
	const struct cpu_facts *f = &sp->cfg.cpu;

	fdtb_u32(b, "ibm,slb-size", f->slb_size);
	fdtb_u32(b, "slb-size", f->slb_size);
	FDTB_CELLS(b, "ibm,processor-segment-sizes", 28, 40, 0xffffffff, 0xffffffff);
	if (f->nsps)
		fdtb_cells(b, "ibm,segment-page-sizes", f->sps, f->nsps);
	if (!sp->mode.radix)
		FDTB_CELLS(b, "ibm,pft-size", 0, sp->cfg.hpt_order);
	if (sp->mode.radix && f->nap)
		fdtb_cells(b, "ibm,processor-radix-AP-encodings", f->ap, f->nap);
}

static void clocks(const struct cpu_facts *f, struct fdtb *b)
{
	fdtb_u32(b, "timebase-frequency", (uint32_t)f->timebase_hz);
	fdtb_u64(b, "ibm,extended-clock-frequency", f->clock_hz);
	if (f->clock_hz <= UINT32_MAX)
		fdtb_u32(b, "clock-frequency", (uint32_t)f->clock_hz);
	else
		fdtb_u64(b, "clock-frequency", f->clock_hz);
	if (f->dec_bits > 32)
		fdtb_u32(b, "ibm,dec-bits", f->dec_bits);
}

/*
 * There is no queue that several servers share, so each server is its own global one. Linux sends the
 * interrupts of a kernel that runs on one CPU to the global server of that CPU: of a kernel for
 * crashes, any CPU of the machine, while the others are stopped.
 */
static void core(const struct spapr *sp, uint32_t index, struct fdtb *b)
{
	const struct cpu_facts *f = &sp->cfg.cpu;
	uint32_t first = spapr_server(sp, index * sp->cfg.threads);
	uint32_t servers[MAX_THREADS], gservers[2 * MAX_THREADS];
	char name[32];

	for (uint32_t t = 0; t < sp->cfg.threads; t++) {
		servers[t] = first + t;
		gservers[2UL * t] = first + t;
		gservers[2UL * t + 1] = first + t;
	}
	snprintf(name, sizeof(name), "PowerPC,%s", f->model->name);
	fdtb_begin_at(b, name, first);
	fdtb_str(b, "device_type", "cpu");
	fdtb_u32(b, "reg", first);
	fdtb_str(b, "status", "okay");
	fdtb_u32(b, "cpu-version", f->version);
	fdtb_cells(b, "ibm,ppc-interrupt-server#s", servers, sp->cfg.threads);
	fdtb_cells(b, "ibm,ppc-interrupt-gserver#s", gservers, 2UL * sp->cfg.threads);
	fdtb_u32(b, "ibm,chip-id", 0);
	FDTB_CELLS(b, "ibm,associativity", 5, 0, 0, 0, index * sp->cfg.nnodes / sp->cfg.ncores,
		   first);
	clocks(f, b);
	cache(b, 'd', &f->l1d);
	cache(b, 'i', &f->l1i);
	mmu(sp, b);
	features(f, sp->mode.radix, b);
	fdtb_end(b);
}

void fdt_cpus(const struct spapr *sp, struct fdtb *b)
{
	fdtb_begin(b, "cpus");
	fdtb_u32(b, "#address-cells", 1);
	fdtb_u32(b, "#size-cells", 0);
	for (uint32_t i = 0; i < sp->cfg.ncores; i++)
		core(sp, i, b);
	fdtb_end(b);
}
