/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_IRQCHIP_H
#define VMM_KVM_IRQCHIP_H

/*
 * The in-kernel interrupt controller: KVM's XICS or XIVE device as backend of sphapr/intc.h.
 * irqchip.c creates and connects either; xics.c and xive.c hold what differs.
 */

#include "sphapr/intc.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/kvm/vm.h"

struct irqchip {
	struct kvm_vm *vm;   /* borrowed */
	struct intc *intc;   /* borrowed: its kind, and which sources exist */
	int fd;              /* KVM device, -1: none */
	uint8_t *esb, *tima; /* XIVE: mappings of the device */
	size_t esb_size, tima_size;
};

extern const struct intc_ops xics_ops, xive_ops;

/* What intc_init() is given for a controller of this kind; its ctx is the struct irqchip. */
static inline const struct intc_ops *irqchip_ops(enum intc_kind kind)
{
	return kind == INTC_XIVE ? &xive_ops : &xics_ops;
}

/**
 * irqchip_open - create the device; before any vCPU is connected
 * @intc: after intc_init(), which has told its kind and the number of servers
 * Return 0 or -errno, silently: the caller knows what was asked for.
 */
int irqchip_open(struct irqchip *chip, struct kvm_vm *vm, struct intc *intc);

/* Connect every vCPU; before it first runs. */
int irqchip_connect(struct irqchip *chip, struct vcpus *cpus);

void irqchip_close(struct irqchip *chip); /* tolerates a half-open one */

/* XIVE: map the TIMA and the ESB pages and show them to the guest. */
int xive_map(struct irqchip *chip);

#endif
