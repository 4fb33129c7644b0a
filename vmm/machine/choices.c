/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/choices.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>

/* ---- judgements ---- */

void choices_judge_mmu(struct finding *f, struct spapr_mode *mode, enum opt_mmu mmu,
		       const struct kvm_caps *caps, struct guest_kind guest)
{
	bool may_be_hash;

	if (mmu == OPT_MMU_RADIX && !caps->radix) {
		finding_fail(f, "", "mmu",
			     "this host translates by hash and cannot run a radix guest");
		finding_remedy(f, "use mmu = \"hash\", or boot the host without disable_radix "
				  "(POWER9 or later)");
		return;
	}
	if (mmu == OPT_MMU_HASH && !caps->hash) {
		finding_fail(f, "", "mmu", "this host's KVM cannot run a hash guest");
		finding_remedy(f, "use mmu = \"radix\"");
		return;
	}
	mode->radix = caps->radix && mmu != OPT_MMU_HASH;
	may_be_hash = mode->radix && guest.chooses && caps->hash && mmu == OPT_MMU_AUTO;
	finding_ok(f, "", "mmu", "%s%s", mode->radix ? "radix" : "hash",
		   may_be_hash ? ", unless the guest asks for hash" : "");
}

static void refuse_xive(struct finding *f, const struct kvm_caps *caps)
{
	if (caps->xive_no_map) {
		finding_fail(f, "", "irqchip",
			     "xive: its 64 KiB pages cannot be mapped "
			     "on this host's kernel with %zu KiB pages",
			     sys_page_size() / 1024);
		finding_remedy(f, "use irqchip = \"xics\", or a 64K-page kernel on the host");
	} else {
		finding_fail(f, "", "irqchip", "xive: this host's KVM does not offer it");
		finding_remedy(f, "use irqchip = \"xics\"");
	}
}

static void refuse_xics(struct finding *f)
{
	finding_fail(f, "", "irqchip", "xics: this host's KVM does not offer it");
	finding_remedy(f, "use irqchip = \"auto\"");
}

static void refuse_both(struct finding *f)
{
	finding_fail(f, "", "irqchip", "this host's KVM has no in-kernel controller");
	finding_remedy(f, "a kernel with CONFIG_KVM_XICS is needed");
}

/* Which one, where KVM offers what is asked for. */
static void choose_irqchip(struct finding *f, struct spapr_mode *mode, enum opt_irqchip opt,
			   const struct kvm_caps *caps, struct guest_kind guest)
{
	bool both = caps->xive && caps->xics && opt == OPT_IRQCHIP_AUTO;
	bool xics =
		!caps->xive || opt == OPT_IRQCHIP_XICS || (both && (guest.bare || guest.chooses));
	const char *why = "";

	mode->intc = xics ? INTC_XICS : INTC_XIVE;
	if (both && guest.chooses) {
		finding_ok(f, "", "irqchip", "xics until the guest asks for xive");
		return;
	}
	if (both && guest.bare)
		why = " (a bare program cannot say that it knows xive)";
	else if (xics && caps->xive_no_map)
		why = " (xive needs a host kernel with 64K pages)";
	finding_ok(f, "", "irqchip", "%s, in the kernel%s", xics ? "xics" : "xive", why);
}

void choices_judge_irqchip(struct finding *f, struct spapr_mode *mode, enum opt_irqchip opt,
			   const struct kvm_caps *caps, struct guest_kind guest)
{
	if (!caps->xive && !caps->xics)
		refuse_both(f);
	else if (opt == OPT_IRQCHIP_XIVE && !caps->xive)
		refuse_xive(f, caps);
	else if (opt == OPT_IRQCHIP_XICS && !caps->xics)
		refuse_xics(f);
	else
		choose_irqchip(f, mode, opt, caps, guest);
}

void choices_judge_vcpus(struct finding *f, const struct opt_machine *opt,
			 const struct kvm_caps *caps)
{
	uint32_t n = (uint32_t)opt->vcpus;
	uint32_t most = caps->max_vcpus < caps->max_vcpu_id ? caps->max_vcpus : caps->max_vcpu_id;
	bool share = n > caps->host_cpus;

	if (n > most) {
		finding_fail(f, "", "vcpus", "%u are more than this host's KVM can run (%u)", n,
			     most);
		finding_remedy(f, "lower machine.vcpus");
		return;
	}
	finding_set(f, share ? VERDICT_NOTE : VERDICT_OK, "", "vcpus", "%u of at most %u%s %u CPUs",
		    n, most, share ? ", which take turns on this host's" : ", on", caps->host_cpus);
}

static void refuse_threads(struct finding *f, uint32_t threads, const struct kvm_caps *caps)
{
	finding_fail(f, "", "threads_per_core",
		     "this host's KVM does not offer %u threads a core (its mask of possible modes "
		     "is 0x%x)",
		     threads, caps->smt_possible);
	finding_remedy(f, "lower machine.threads_per_core");
}

void choices_judge_threads(struct finding *f, const struct opt_machine *opt,
			   const struct kvm_caps *caps)
{
	uint32_t threads = (uint32_t)opt->threads_per_core;

	if (!(caps->smt_possible & threads))
		refuse_threads(f, threads, caps);
	else
		finding_ok(f, "", "smt", "%u cores of %u threads", (uint32_t)opt->vcpus / threads,
			   threads);
}

/* ---- what a start does of them ---- */

/* Return 0, or @err where @f is a failure. */
static int told(const struct finding *f, int err)
{
	char line[FINDING_LINE];

	finding_line(f, line);
	if (f->verdict == VERDICT_FAIL) {
		log_error("%s", line);
		return err;
	}
	log_info("%s", line);
	return 0;
}

/* All vCPUs that there can be are there from the start. */
static void count_cpus(struct spapr_config *cfg, const struct opt_machine *opt)
{
	cfg->threads = cfg->vsmt = (uint32_t)opt->threads_per_core;
	cfg->ncores = cfg->max_cores = (uint32_t)opt->vcpus / cfg->threads;
}

/* Before the first vCPU: KVM then takes ids of a core as its threads. */
static int make_threads(const struct opt_machine *opt, const struct kvm_vm *vm,
			const struct kvm_caps *caps)
{
	uint32_t threads = (uint32_t)opt->threads_per_core;
	struct finding f;

	if (threads == 1)
		return 0;
	choices_judge_threads(&f, opt, caps);
	if (f.verdict != VERDICT_FAIL && kvm_vm_enable(vm, KVM_CAP_PPC_SMT, threads, 0) < 0)
		refuse_threads(&f, threads, caps);
	return told(&f, -ENOTSUP);
}

static int make_cpus(struct spapr_config *cfg, const struct opt_machine *opt,
		     const struct kvm_vm *vm, const struct kvm_caps *caps)
{
	struct finding f;

	count_cpus(cfg, opt);
	choices_judge_vcpus(&f, opt, caps);
	return f.verdict == VERDICT_FAIL ? told(&f, -E2BIG) : make_threads(opt, vm, caps);
}

int choices_make(struct spapr *sp, const struct options *opt, const struct kvm_vm *vm,
		 const struct kvm_caps *caps, struct guest_kind guest)
{
	struct finding f;
	int r;

	choices_judge_mmu(&f, &sp->mode, opt->machine.mmu, caps, guest);
	r = told(&f, -ENOTSUP);
	if (r == 0) {
		choices_judge_irqchip(&f, &sp->mode, opt->machine.irqchip, caps, guest);
		r = told(&f, -ENOTSUP);
	}
	if (r == 0)
		r = make_cpus(&sp->cfg, &opt->machine, vm, caps);
	sp->cfg.hwrng = caps->hwrng && caps->enable_hcall;
	sp->cfg.ail3 = caps->ail3;
	sp->cfg.rpt_invalidate = caps->rpt_invalidate && caps->enable_hcall;
	return r;
}

void choices_on_paper(struct spapr *sp, const struct opt_machine *opt, struct guest_kind guest)
{
	bool xics = opt->irqchip == OPT_IRQCHIP_XICS ||
		    (opt->irqchip == OPT_IRQCHIP_AUTO && (guest.bare || guest.chooses));

	count_cpus(&sp->cfg, opt);
	sp->mode.radix = true;
	sp->mode.intc = xics ? INTC_XICS : INTC_XIVE;
}
