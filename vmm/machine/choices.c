/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest will be on this host: MMU, interrupt controller, threads. One log line a decision. */
#define LOG_PREFIX "machine"
#include "vmm/base/log.h"
#include "vmm/machine/machine_impl.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>

static int choose_mmu(struct machine *m)
{
	enum opt_mmu mmu = m->opt->machine.mmu;

	if (mmu == OPT_MMU_RADIX && !m->caps.radix) {
		log_error("mmu: this host translates by hash and cannot run a radix guest: use mmu = "
			  "\"hash\", or boot the host without disable_radix (POWER9 or later)");
		return -ENOTSUP;
	}
	if (mmu == OPT_MMU_HASH && !m->caps.hash) {
		log_error("mmu: this host's KVM cannot run a hash guest: use mmu = \"radix\"");
		return -ENOTSUP;
	}
	m->sp.mode.radix = m->caps.radix && mmu != OPT_MMU_HASH;
	log_info("mmu: %s", m->sp.mode.radix ? "radix" : "hash");
	return 0;
}

static int refuse_xive(const struct machine *m)
{
	if (m->caps.xive_no_map)
		log_error("irqchip: xive: its 64 KiB pages cannot be mapped on this host's kernel with "
			  "%zu KiB pages: use irqchip = \"xics\", or a 64K-page kernel on the host",
			  sys_page_size() / 1024);
	else
		log_error("irqchip: xive: this host's KVM does not offer it: use irqchip = \"xics\"");
	return -ENOTSUP;
}

static int choose_irqchip(struct machine *m)
{
	enum opt_irqchip opt = m->opt->machine.irqchip;

	if (opt == OPT_IRQCHIP_XIVE && !m->caps.xive)
		return refuse_xive(m);
	if (opt == OPT_IRQCHIP_XICS && !m->caps.xics) {
		log_error("irqchip: xics: this host's KVM does not offer it: use irqchip = \"auto\"");
		return -ENOTSUP;
	}
	if (!m->caps.xive && !m->caps.xics) {
		log_error("irqchip: this host's KVM has no in-kernel controller: a kernel with "
			  "CONFIG_KVM_XICS is needed");
		return -ENOTSUP;
	}
	m->sp.mode.intc = m->caps.xive && opt != OPT_IRQCHIP_XICS ? INTC_XIVE : INTC_XICS;
	if (m->sp.mode.intc == INTC_XICS && m->caps.xive_no_map)
		log_info("irqchip: xics, in the kernel (xive needs a host kernel with 64K pages)");
	else
		log_info("irqchip: %s, in the kernel", m->sp.mode.intc == INTC_XIVE ? "xive" : "xics");
	return 0;
}

static int choose_threads(struct machine *m)
{
	uint32_t threads = (uint32_t)m->opt->machine.threads_per_core;
	uint32_t vcpus = (uint32_t)m->opt->machine.vcpus;
	int r;

	m->sp.cfg.threads = m->sp.cfg.vsmt = threads;
	m->sp.cfg.ncores = m->sp.cfg.max_cores = vcpus / threads;
	if (vcpus > m->caps.max_vcpus || vcpus > m->caps.max_vcpu_id) {
		log_error("vcpus: %u are more than this host's KVM can run (%u): lower machine.vcpus",
			  vcpus, m->caps.max_vcpus);
		return -E2BIG;
	}
	if (threads == 1)
		return 0;
	/* Before the first vCPU: KVM then takes ids of a core as its threads. */
	r = m->caps.smt_possible & threads ? kvm_vm_enable(&m->vm, KVM_CAP_PPC_SMT, threads, 0) :
					     -EINVAL;
	if (r < 0) {
		log_error("threads_per_core: this host's KVM does not offer %u threads a core (its "
			  "mask of possible modes is 0x%x)",
			  threads, m->caps.smt_possible);
		return -ENOTSUP;
	}
	log_info("smt: %u cores of %u threads", m->sp.cfg.ncores, threads);
	return 0;
}

int machine_choose(struct machine *m)
{
	int r = choose_mmu(m);

	if (r == 0)
		r = choose_irqchip(m);
	if (r == 0)
		r = choose_threads(m);
	m->sp.cfg.hwrng = m->caps.hwrng && m->caps.enable_hcall;
	m->sp.cfg.ail3 = m->caps.ail3;
	m->sp.cfg.rpt_invalidate = m->caps.rpt_invalidate && m->caps.enable_hcall;
	m->tce = tce_plan(m->opt, &m->caps);
	return r;
}
