/* SPDX-License-Identifier: BSD-2-Clause */
/* One log line a decision. */
#define LOG_PREFIX "machine"
#include "vmm/machine/choices.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>

static int choose_mmu(struct spapr_mode *mode, enum opt_mmu mmu, const struct kvm_caps *caps)
{
	if (mmu == OPT_MMU_RADIX && !caps->radix) {
		log_error(
			"mmu: this host translates by hash and cannot run a radix guest: use mmu = "
			"\"hash\", or boot the host without disable_radix (POWER9 or later)");
		return -ENOTSUP;
	}
	if (mmu == OPT_MMU_HASH && !caps->hash) {
		log_error("mmu: this host's KVM cannot run a hash guest: use mmu = \"radix\"");
		return -ENOTSUP;
	}
	mode->radix = caps->radix && mmu != OPT_MMU_HASH;
	log_info("mmu: %s", mode->radix ? "radix" : "hash");
	return 0;
}

static int refuse_xive(const struct kvm_caps *caps)
{
	if (caps->xive_no_map)
		log_error(
			"irqchip: xive: its 64 KiB pages cannot be mapped on this host's kernel with "
			"%zu KiB pages: use irqchip = \"xics\", or a 64K-page kernel on the host",
			sys_page_size() / 1024);
	else
		log_error(
			"irqchip: xive: this host's KVM does not offer it: use irqchip = \"xics\"");
	return -ENOTSUP;
}

static int choose_irqchip(struct spapr_mode *mode, enum opt_irqchip opt,
			  const struct kvm_caps *caps, struct guest_kind guest)
{
	bool both = caps->xive && caps->xics && opt == OPT_IRQCHIP_AUTO;
	const char *why = "";

	if (opt == OPT_IRQCHIP_XIVE && !caps->xive)
		return refuse_xive(caps);
	if (opt == OPT_IRQCHIP_XICS && !caps->xics) {
		log_error(
			"irqchip: xics: this host's KVM does not offer it: use irqchip = \"auto\"");
		return -ENOTSUP;
	}
	mode->intc = caps->xive && opt != OPT_IRQCHIP_XICS ? INTC_XIVE : INTC_XICS;
	if (both && guest.bare) {
		mode->intc = INTC_XICS;
		why = " (a bare program cannot say that it knows xive)";
	} else if (mode->intc == INTC_XICS && caps->xive_no_map) {
		why = " (xive needs a host kernel with 64K pages)";
	}
	if (!guest.chooses || !both)
		log_info("irqchip: %s, in the kernel%s", mode->intc == INTC_XIVE ? "xive" : "xics",
			 why);
	return 0;
}

/* All vCPUs that there can be are there from the start. */
static void count_cpus(struct spapr_config *cfg, const struct opt_machine *opt)
{
	cfg->threads = cfg->vsmt = (uint32_t)opt->threads_per_core;
	cfg->ncores = cfg->max_cores = (uint32_t)opt->vcpus / cfg->threads;
}

static int choose_threads(struct spapr_config *cfg, const struct opt_machine *opt,
			  const struct kvm_vm *vm, const struct kvm_caps *caps)
{
	uint32_t threads = (uint32_t)opt->threads_per_core;
	uint32_t vcpus = (uint32_t)opt->vcpus;
	int r;

	count_cpus(cfg, opt);
	if (vcpus > caps->max_vcpus || vcpus > caps->max_vcpu_id) {
		log_error(
			"vcpus: %u are more than this host's KVM can run (%u): lower machine.vcpus",
			vcpus, caps->max_vcpus);
		return -E2BIG;
	}
	if (threads == 1)
		return 0;
	/* Before the first vCPU: KVM then takes ids of a core as its threads. */
	r = caps->smt_possible & threads ? kvm_vm_enable(vm, KVM_CAP_PPC_SMT, threads, 0) : -EINVAL;
	if (r < 0) {
		log_error("threads_per_core: this host's KVM does not offer %u threads a core (its "
			  "mask of possible modes is 0x%x): lower machine.threads_per_core",
			  threads, caps->smt_possible);
		return -ENOTSUP;
	}
	log_info("smt: %u cores of %u threads", cfg->ncores, threads);
	return 0;
}

int choices_make(struct spapr *sp, const struct options *opt, const struct kvm_vm *vm,
		 const struct kvm_caps *caps, struct guest_kind guest)
{
	int r = choose_mmu(&sp->mode, opt->machine.mmu, caps);

	if (r == 0)
		r = choose_irqchip(&sp->mode, opt->machine.irqchip, caps, guest);
	if (r == 0)
		r = choose_threads(&sp->cfg, &opt->machine, vm, caps);
	sp->cfg.hwrng = caps->hwrng && caps->enable_hcall;
	sp->cfg.ail3 = caps->ail3;
	sp->cfg.rpt_invalidate = caps->rpt_invalidate && caps->enable_hcall;
	return r;
}

void choices_on_paper(struct spapr *sp, const struct opt_machine *opt, struct guest_kind guest)
{
	bool xics = opt->irqchip == OPT_IRQCHIP_XICS ||
		    (opt->irqchip == OPT_IRQCHIP_AUTO && guest.bare);

	count_cpus(&sp->cfg, opt);
	sp->mode.radix = true;
	sp->mode.intc = xics ? INTC_XICS : INTC_XIVE;
}
