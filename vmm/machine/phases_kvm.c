/* SPDX-License-Identifier: BSD-2-Clause */
/* Phases of a start that ask KVM, or stand in for those where there is none. */
#define LOG_PREFIX "machine"
#include "vmm/machine/phases.h"

#include "firmware/rtas_stub.h"
#include "vmm/base/log.h"
#include "vmm/kvm/calls.h"
#include "vmm/kvm/mmu.h"
#include "vmm/machine/choices.h"
#include "vmm/machine/cpus.h"
#include "vmm/machine/findings.h"
#include "vmm/machine/host.h"
#include "vmm/machine/numa.h"

#include <errno.h>
#include <string.h>

#define PAPER_PVR 0x004e1202u /* POWER9 DD2.2 */

int phase_kvm(struct machine *m)
{
	struct findings to = { .sink = findings_log };

	return findings_kvm(&to, &m->vm, &m->caps);
}

static struct guest_kind guest_kind(const struct machine *m)
{
	return (struct guest_kind){ .chooses = m->cas.used, .bare = m->boot.bare };
}

int phase_choices(struct machine *m)
{
	int r;

	m->tce = tce_plan(m->opt, &m->caps);
	r = choices_make(&m->sp, m->opt, &m->vm, &m->caps, guest_kind(m));
	if (r == 0 && m->cas.used)
		machine_cas_init(&m->cas, &m->opt->machine);
	return r;
}

int phase_vcpus(struct machine *m)
{
	m->cpus.ops = platform_vcpu_ops;
	m->cpus.ops.ctx = &m->platform;
	return cpus_open(&m->cpus, &m->vm, &m->caps, &m->sp, m->opt->machine.cpu);
}

int phase_compat(struct machine *m)
{
	const struct cpu_facts *f = &m->sp.cfg.cpu;

	return f->version == f->pvr ? 0 : cpus_set_compat(&m->cpus, f);
}

int phase_ram(struct machine *m)
{
	const struct opt_machine *opt = &m->opt->machine;
	int r = ram_open(&m->ram, opt);

	if (r == 0)
		r = numa_share(opt, m->ram.page, &m->node_end);
	if (r == 0 && !m->tree_only)
		r = numa_bind_ram(opt, &m->ram, m->node_end);
	m->sp.cfg.nnodes = (uint32_t)opt->nnuma;
	m->sp.cfg.node_end = m->node_end;
	return r < 0 ? r : gmem_add(&m->mem, 0, m->ram.size, m->ram.host);
}

int phase_slot(struct machine *m)
{
	int r = kvm_vm_add_slot(&m->vm, 0, m->ram.size, m->ram.host);

	if (r < 0)
		log_error("guest RAM: KVM refuses %llu MiB: %s: lower machine.memory",
			  (unsigned long long)(m->ram.size / MiB), strerror(-r));
	return r < 0 ? r : 0;
}

int phase_mmu(struct machine *m)
{
	return kvm_mmu_init(&m->vm, &m->sp, m->ram.size, m->ram.page,
			    m->cas.used && m->cas.offer.hash);
}

int phase_spapr(struct machine *m)
{
	struct spapr_platform plat = platform_ops;
	int r;

	plat.ctx = &m->platform;
	if (m->boot.firmware)
		plat.client_call = platform_client_call;
	m->sp.cfg.name = "spapr-vmm";
	if (firmware_is_blob(&m->opt->boot))
		m->sp.cfg.blob_rtas_size = rtas_stub_size(spapr_max_vcpus(&m->sp));
	r = spapr_init(&m->sp, &plat, &m->mem);
	machine_cas_ready(&m->cas);
	return r;
}

int phase_irqchip(struct machine *m)
{
	struct spapr *sp = &m->sp;
	bool xive = sp->mode.intc == INTC_XIVE;
	int r;

	intc_init(&sp->intc, &sp->mode, irqchip_ops(sp->mode.intc), &m->chip, spapr_nservers(sp));
	r = irqchip_open(&m->chip, &m->vm, &sp->intc);
	if (r == 0)
		r = irqchip_connect(&m->chip, &m->cpus);
	if (r == 0)
		r = spapr_claim_sources(sp);
	if (r < 0)
		log_error("irqchip: KVM's %s: %s: try irqchip = \"%s\"", xive ? "XIVE" : "XICS",
			  strerror(-r), xive ? "xics" : "xive");
	return r;
}

int phase_calls(struct machine *m)
{
	int r = kvm_calls_enable(&m->vm, &m->caps, &m->sp, &m->tce);

	if (r == 0 && m->opt->machine.tce == OPT_TCE_KERNEL)
		log_warn("tce = \"kernel\": a hostile guest can crash the host with it, "
			 "or keep the memory that it had");
	return r;
}

int phase_paper(struct machine *m)
{
	m->caps = (struct kvm_caps){ .radix = true, .hash = true, .xics = true, .xive = true };
	choices_on_paper(&m->sp, &m->opt->machine, guest_kind(m));
	if (m->cas.used)
		machine_cas_init(&m->cas, &m->opt->machine);
	return host_cpu_facts(&m->sp.cfg.cpu, PAPER_PVR, m->opt->machine.cpu);
}

int phase_paper_irqs(struct machine *m)
{
	intc_init(&m->sp.intc, &m->sp.mode, NULL, NULL, spapr_nservers(&m->sp));
	return 0;
}

int phase_threads(struct machine *m)
{
	int r = cpus_create_threads(&m->cpus);

	return r < 0 ? r : numa_pin_cpus(&m->opt->machine, &m->cpus);
}
