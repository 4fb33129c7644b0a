/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "cas"
#include "vmm/machine/cas.h"

#include "sphapr/spapr.h"
#include "vmm/base/log.h"
#include "vmm/kvm/calls.h"
#include "vmm/kvm/mmu.h"
#include "vmm/machine/cpus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void machine_cas_init(struct machine_cas *c, const struct opt_machine *opt)
{
	const struct kvm_caps *caps = c->caps;

	c->offer.radix = caps->radix && opt->mmu != OPT_MMU_HASH;
	c->offer.hash = caps->hash && opt->mmu != OPT_MMU_RADIX;
	c->offer.xive = caps->xive && opt->irqchip != OPT_IRQCHIP_XICS;
	c->offer.xics = caps->xics && opt->irqchip != OPT_IRQCHIP_XIVE;
	c->start = c->sp->mode;
}

void machine_cas_ready(struct machine_cas *c)
{
	const struct spapr_config *cfg = &c->sp->cfg;

	c->offer.pvr = cfg->cpu.pvr;
	c->offer.version = cfg->cpu.version;
	c->offer.ncores = cfg->ncores;
	c->hash_rma = cfg->rma_size;
}

/* ---- what the guest chose, in KVM ---- */

static int change_processor(struct machine_cas *c, uint32_t version)
{
	struct cpu_facts *f = &c->sp->cfg.cpu;

	if (version == f->version)
		return 0;
	cpu_facts_become(f, version);
	return cpus_set_compat(c->cpus, f);
}

static int reset_mmu(void *arg)
{
	const struct machine_cas *c = arg;

	return kvm_mmu_reset(c->vm, c->sp);
}

/* A page table is as large as RAM makes it, and is cleared: without the lock, unless all are parked. */
static int change_mmu(struct machine_cas *c, bool radix)
{
	struct spapr *sp = c->sp;

	sp->cfg.rma_size = radix && c->called ? UINT64_MAX : c->hash_rma;
	if (radix == sp->mode.radix)
		return 0;
	sp->mode.radix = radix;
	return c->called ? sp->plat.without_lock(sp->plat.ctx, reset_mmu, c) : reset_mmu(c);
}

static int change_intc(struct machine_cas *c, enum intc_kind kind)
{
	int r;

	if (kind == c->sp->mode.intc)
		return 0;
	c->sp->mode.intc = kind;
	r = irqchip_replace(c->chip, c->cpus);
	if (r == 0)
		r = spapr_intc_changed(c->sp);
	if (r < 0)
		log_error(
			"irqchip: KVM's %s in place of the other: %s: use machine.irqchip = \"%s\"",
			kind == INTC_XIVE ? "XIVE" : "XICS", strerror(-r),
			kind == INTC_XIVE ? "xics" : "xive");
	return r;
}

static int become(struct machine_cas *c, const struct spapr_mode *mode, uint32_t version)
{
	const struct spapr_mode *now = &c->sp->mode;
	bool same = now->radix == mode->radix && now->intc == mode->intc;
	int r = change_processor(c, version);

	if (r == 0)
		r = change_mmu(c, mode->radix);
	if (r == 0)
		r = change_intc(c, mode->intc);
	if (r < 0 || same)
		return r;
	hcall_index(c->sp);
	r = kvm_calls_mode_changed(c->vm, c->caps, c->sp);
	if (r < 0)
		log_error("hypercalls: KVM: %s", strerror(-r));
	return r;
}

/* ---- the call ---- */

/* What KVM changes, it changes while no vCPU is in it. */
static bool others_run(const struct machine_cas *c)
{
	for (uint32_t i = 0; i < c->cpus->n; i++)
		if (c->cpus->v[i].running && c->cpus->v[i].kvm.id != c->sp->caller)
			return true;
	return false;
}

static int give_up(struct machine_cas *c, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "the machine cannot be what the guest needs: %s", why);
	stop_request(c->stop, STOP_CRASH, text);
	return -ENOTSUP;
}

/* Linux goes on with a hash table and XICS, which this machine may not be: then this is why it ends. */
static int refuse(struct machine_cas *c, int r, const char *why)
{
	if (!c->refused && log_may(&c->said))
		log_warn("the guest's ibm,client-architecture-support is refused: %s", why);
	c->refused = true;
	return r;
}

static int decide(const struct machine_cas *c, gpa_t vec, struct cas_result *chosen)
{
	struct cas_ask ask;
	int r = cas_read(c->sp->mem, vec, &ask);

	*chosen = (struct cas_result){ .why = "its words have no end, or are not in RAM" };
	if (r == 0)
		r = cas_decide(&c->offer, &ask, chosen);
	/* What still interrupts by messages would do so at a controller that is gone. */
	if (r == 0 && chosen->mode.intc != c->sp->mode.intc && c->vm->nirqfds > 0) {
		chosen->why = "another interrupt controller while devices interrupt";
		r = -EBUSY;
	}
	return r;
}

int machine_cas_call(struct machine_cas *c, gpa_t vec)
{
	struct cas_result chosen;
	int r;

	if (others_run(c))
		return refuse(c, -EBUSY, "other processors run");
	r = decide(c, vec, &chosen);
	if (r == -ENOTSUP)
		return give_up(c, chosen.why);
	if (r < 0)
		return refuse(c, r, chosen.why);
	c->called = true;
	c->chosen = chosen;
	r = become(c, &chosen.mode, chosen.version);
	if (r < 0)
		return give_up(c, strerror(-r));
	if (log_may(&c->said))
		log_info("the guest chose %s, %s, cpu-version 0x%08x",
			 chosen.mode.radix ? "radix" : "hash",
			 chosen.mode.intc == INTC_XIVE ? "xive" : "xics", chosen.version);
	return 0;
}

int machine_cas_reset(struct machine_cas *c)
{
	c->refused = false;
	if (!c->called)
		return 0;
	c->called = false;
	return become(c, &c->start, c->offer.version);
}
