/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "vcpu"
#include "vmm/kvm/vcpu_regs.h"

#include "vmm/base/log.h"

#include <string.h>

#define MSR_SF (1ULL << 63) /* 64-bit */
#define MSR_ME (1ULL << 12)
#define MSR_LE (1ULL << 0)

#define LPCR_ILE 0x2000000ULL
#define LPCR_AIL 0x1800000ULL
#define LPCR_AIL_SHIFT 23
#define LPCR_LD 0x20000ULL

#define SRR1_INFO_BITS 0x783f0000ULL /* set by interrupts themselves, not part of the MSR */
#define SYSTEM_RESET_VECTOR 0x100

int vcpu_apply_mode(struct vcpu *v)
{
	const struct vcpus *s = v->all;
	uint64_t lpcr;
	int r = kvm_cpu_get(&v->kvm, KVM_REG_PPC_LPCR_64, &lpcr);

	if (r < 0)
		return r;
	lpcr &= ~(LPCR_ILE | LPCR_AIL | LPCR_LD);
	lpcr |= s->cpu_mode.ile ? LPCR_ILE : 0;
	lpcr |= (uint64_t)s->cpu_mode.ail << LPCR_AIL_SHIFT;
	lpcr |= s->large_dec ? LPCR_LD : 0;
	v->mode_seen = s->mode_generation;
	return kvm_cpu_set(&v->kvm, KVM_REG_PPC_LPCR_64, &lpcr);
}

int vcpu_load_start(struct vcpu *v)
{
	const struct vcpu_entry *e = &v->entry;
	struct kvm_regs regs;
	int r = 0;

	if (v->has_run)
		r = kvm_cpu_reset(&v->kvm, v->all->mode->intc == INTC_XICS);
	memset(&regs, 0, sizeof(regs));
	regs.pc = e->pc;
	regs.msr = MSR_ME | (e->mode32 ? 0 : MSR_SF) | (e->little_endian ? MSR_LE : 0);
	regs.gpr[1] = e->r1;
	regs.gpr[3] = e->r3;
	regs.gpr[4] = e->r4;
	regs.gpr[5] = e->r5;
	if (r == 0)
		r = kvm_cpu_set_regs(&v->kvm, &regs);
	if (r == 0)
		r = vcpu_apply_mode(v);
	return r;
}

int vcpu_deliver_nmi(struct vcpu *v)
{
	struct kvm_regs regs;
	int r = kvm_cpu_complete(&v->kvm);

	if (r < 0)
		return r;
	r = kvm_cpu_get_regs(&v->kvm, &regs);
	if (r < 0)
		return r;
	regs.srr0 = regs.pc;
	regs.srr1 = regs.msr & ~SRR1_INFO_BITS;
	regs.pc = SYSTEM_RESET_VECTOR;
	regs.msr = MSR_SF | MSR_ME | (v->all->cpu_mode.ile ? MSR_LE : 0);
	return kvm_cpu_set_regs(&v->kvm, &regs);
}

void vcpu_dump_regs(const struct kvm_cpu *c)
{
	struct kvm_regs r;

	if (kvm_cpu_get_regs(c, &r) < 0)
		return;
	log_error(
		"vCPU %u: pc 0x%llx msr 0x%llx lr 0x%llx ctr 0x%llx cr 0x%llx srr0 0x%llx srr1 0x%llx",
		c->id, (unsigned long long)r.pc, (unsigned long long)r.msr,
		(unsigned long long)r.lr, (unsigned long long)r.ctr, (unsigned long long)r.cr,
		(unsigned long long)r.srr0, (unsigned long long)r.srr1);
	for (int i = 0; i < 32; i += 4)
		log_error("vCPU %u: r%d 0x%llx 0x%llx 0x%llx 0x%llx", c->id, i,
			  (unsigned long long)r.gpr[i], (unsigned long long)r.gpr[i + 1],
			  (unsigned long long)r.gpr[i + 2], (unsigned long long)r.gpr[i + 3]);
}
