/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XICS in KVM: the guest's hypercalls and RTAS calls end in the kernel; we bring sources into being
 * and pull their lines. Source: Linux Documentation/virt/kvm/devices/xics.rst.
 */
#include "vmm/kvm/dev.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/uapi.h"

#define PRIORITY_MASKED 0xffULL

static int xics_claim(void *ctx, uint32_t lisn, bool level)
{
	struct irqchip *chip = ctx;
	uint64_t state = PRIORITY_MASKED << KVM_XICS_PRIORITY_SHIFT | KVM_XICS_MASKED |
			 (level ? KVM_XICS_LEVEL_SENSITIVE : 0);

	return kvm_dev_set(chip->fd, KVM_DEV_XICS_GRP_SOURCES, lisn, &state);
}

static int xics_set_line(void *ctx, uint32_t lisn, bool up)
{
	struct irqchip *chip = ctx;

	return kvm_vm_irq_line(chip->vm, lisn, up);
}

static int xics_is_enabled(void *ctx, uint32_t lisn)
{
	struct irqchip *chip = ctx;
	uint64_t state;
	int r = kvm_dev_get(chip->fd, KVM_DEV_XICS_GRP_SOURCES, lisn, &state);

	if (r < 0)
		return r;
	return !(state & KVM_XICS_MASKED) &&
	       (state >> KVM_XICS_PRIORITY_SHIFT & KVM_XICS_PRIORITY_MASK) != PRIORITY_MASKED;
}

static int xics_reset(void *ctx)
{
	struct irqchip *chip = ctx;
	int r = 0;

	for (uint32_t i = 0; i < LISN_END && r == 0; i++)
		if (chip->intc->src[i].claimed)
			r = xics_claim(chip, i, chip->intc->src[i].level);
	return r;
}

const struct intc_ops xics_ops = {
	.claim = xics_claim,
	.set_line = xics_set_line,
	.is_enabled = xics_is_enabled,
	.reset = xics_reset,
};
