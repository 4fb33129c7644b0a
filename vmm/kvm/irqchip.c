/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/irqchip.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/dev.h"
#include "vmm/kvm/uapi.h"

static bool is_xive(const struct irqchip *chip)
{
	return chip->intc->mode->intc == INTC_XIVE;
}

int irqchip_open(struct irqchip *chip, struct kvm_vm *vm, struct intc *intc)
{
	uint32_t nservers = intc->nservers;
	bool xive;
	int r;

	*chip = (struct irqchip){
		.vm = vm, .intc = intc, .fd = -1, .esb_slot = -1, .tima_slot = -1
	};
	xive = is_xive(chip);
	r = kvm_dev_create(vm, xive ? KVM_DEV_TYPE_XIVE : KVM_DEV_TYPE_XICS);
	if (r < 0)
		return r;
	chip->fd = r;
	/* How many presenters to set up; an XICS that is not built on XIVE has no such limit. */
	r = xive ? kvm_dev_set(chip->fd, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &nservers)
		 : kvm_dev_set(chip->fd, KVM_DEV_XICS_GRP_CTRL, KVM_DEV_XICS_NR_SERVERS, &nservers);
	if (!xive)
		r = 0;
	if (r == 0 && xive)
		r = xive_map(chip);
	if (r < 0)
		irqchip_close(chip);
	return r;
}

int irqchip_connect(struct irqchip *chip, struct vcpus *cpus)
{
	uint32_t cap = is_xive(chip) ? KVM_CAP_PPC_IRQ_XIVE : KVM_CAP_IRQ_XICS;
	int r = 0;

	for (uint32_t i = 0; i < cpus->n && r == 0; i++)
		r = kvm_cpu_connect(&cpus->v[i].kvm, cap, chip->fd);
	return r;
}

void irqchip_close(struct irqchip *chip)
{
	if (chip->esb)
		sys_munmap(chip->esb, chip->esb_size);
	if (chip->tima)
		sys_munmap(chip->tima, chip->tima_size);
	if (chip->fd >= 0)
		sys_close(chip->fd);
	chip->esb = chip->tima = NULL;
	chip->fd = -1;
}

/* Slots over mappings that go while the VM lives on; at its end they go with it. */
static void hide(struct irqchip *chip)
{
	if (chip->esb_slot >= 0)
		kvm_vm_del_slot(chip->vm, chip->esb_slot);
	if (chip->tima_slot >= 0)
		kvm_vm_del_slot(chip->vm, chip->tima_slot);
	chip->esb_slot = chip->tima_slot = -1;
}

int irqchip_replace(struct irqchip *chip, struct vcpus *cpus)
{
	struct intc *ic = chip->intc;
	int r;

	hide(chip);
	irqchip_close(chip);
	ic->ops = irqchip_ops(ic->mode->intc);
	r = irqchip_open(chip, chip->vm, ic);
	return r < 0 ? r : irqchip_connect(chip, cpus);
}
