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
	int esb_slot, tima_slot; /* memory slots that show them to the guest; -1: none */
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

/**
 * irqchip_replace - the controller that intc->mode now names, in place of the one that there is
 * The vCPUs are connected; sources follow by spapr_intc_changed(). No vCPU is in KVM_RUN, and no irqfd is
 * left (kvm_vm.nirqfds). Return 0; or -errno, and there may be no controller at all.
 * Source: Linux arch/powerpc/kvm/book3s_xive_native.c, kvmppc_xive_native_release(): a device is gone
 * when nothing maps it any more, and only then is there room for another.
 */
int irqchip_replace(struct irqchip *chip, struct vcpus *cpus);

/* XIVE: map the TIMA and the ESB pages and show them to the guest. */
int xive_map(struct irqchip *chip);

#endif
