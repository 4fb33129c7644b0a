/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XIVE in KVM: the guest touches TIMA and ESB pages by itself, through memory slots over mappings
 * of the device; its routing hypercalls come to sphapr/hcall_xive.c and from there to attributes.
 * Source: Linux Documentation/virt/kvm/devices/xive.rst.
 */
#include "sphapr/layout.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/dev.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/uapi.h"

#include <sys/mman.h>

/* Offsets into the device, in host pages of 64K: the TIMA's four, then two for each source. */
#define TIMA_PAGES 4

static int map_one(struct irqchip *chip, enum layout_id id, uint64_t page, uint8_t **host,
		   size_t *size, int *slot)
{
	const struct layout_row *row = &layout[id];
	void *p;
	int r = sys_mmap(&p, NULL, row->size, PROT_READ | PROT_WRITE, MAP_SHARED, chip->fd,
			 page * sys_page_size());

	if (r < 0)
		return r;
	*host = p;
	*size = row->size;
	*slot = kvm_vm_add_slot(chip->vm, row->base, row->size, p);
	return *slot < 0 ? *slot : 0;
}

int xive_map(struct irqchip *chip)
{
	int r = map_one(chip, LAYOUT_XIVE_TIMA, 0, &chip->tima, &chip->tima_size, &chip->tima_slot);

	if (r == 0)
		r = map_one(chip, LAYOUT_XIVE_ESB, TIMA_PAGES, &chip->esb, &chip->esb_size,
			    &chip->esb_slot);
	return r;
}

#define SOURCE_LEVEL (1ULL << 0)

static int xive_claim(void *ctx, uint32_t lisn, bool level)
{
	struct irqchip *chip = ctx;
	uint64_t state = level ? SOURCE_LEVEL : 0;

	return kvm_dev_set(chip->fd, KVM_DEV_XIVE_GRP_SOURCE, lisn, &state);
}

static int xive_set_line(void *ctx, uint32_t lisn, bool up)
{
	struct irqchip *chip = ctx;

	return kvm_vm_irq_line(chip->vm, lisn, up);
}

static int xive_is_enabled(void *ctx, uint32_t lisn)
{
	struct irqchip *chip = ctx;

	return chip->intc->src[lisn].prio != XIVE_MASKED;
}

static int xive_reset(void *ctx)
{
	struct irqchip *chip = ctx;

	return kvm_dev_set(chip->fd, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_RESET, NULL);
}

static int xive_source_config(void *ctx, uint32_t lisn, uint32_t server, uint8_t prio, bool masked,
			      uint32_t eisn)
{
	struct irqchip *chip = ctx;
	uint64_t config = (uint64_t)prio << KVM_XIVE_SOURCE_PRIORITY_SHIFT |
			  (uint64_t)server << KVM_XIVE_SOURCE_SERVER_SHIFT |
			  (uint64_t)masked << KVM_XIVE_SOURCE_MASKED_SHIFT |
			  (uint64_t)eisn << KVM_XIVE_SOURCE_EISN_SHIFT;

	return kvm_dev_set(chip->fd, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, lisn, &config);
}

static int xive_source_sync(void *ctx, uint32_t lisn)
{
	struct irqchip *chip = ctx;

	return kvm_dev_set(chip->fd, KVM_DEV_XIVE_GRP_SOURCE_SYNC, lisn, NULL);
}

static uint64_t queue_attr(uint32_t server, uint8_t prio)
{
	return (uint64_t)server << KVM_XIVE_EQ_SERVER_SHIFT | (uint64_t)prio
								      << KVM_XIVE_EQ_PRIORITY_SHIFT;
}

static int xive_queue_set(void *ctx, uint32_t server, uint8_t prio, const struct xive_queue *q)
{
	struct irqchip *chip = ctx;
	struct kvm_ppc_xive_eq eq = {
		.flags = q->flags ? KVM_XIVE_EQ_ALWAYS_NOTIFY : 0,
		.qshift = q->shift,
		.qaddr = q->addr,
		.qtoggle = q->toggle,
		.qindex = q->index,
	};

	return kvm_dev_set(chip->fd, KVM_DEV_XIVE_GRP_EQ_CONFIG, queue_attr(server, prio), &eq);
}

static int xive_queue_get(void *ctx, uint32_t server, uint8_t prio, struct xive_queue *q)
{
	struct irqchip *chip = ctx;
	struct kvm_ppc_xive_eq eq = { 0 };
	int r = kvm_dev_get(chip->fd, KVM_DEV_XIVE_GRP_EQ_CONFIG, queue_attr(server, prio), &eq);

	if (r < 0)
		return r;
	*q = (struct xive_queue){
		.flags = eq.flags & KVM_XIVE_EQ_ALWAYS_NOTIFY ? 1 : 0,
		.addr = eq.qaddr,
		.shift = eq.qshift,
		.toggle = eq.qtoggle,
		.index = eq.qindex,
	};
	return 0;
}

/* The management page (odd) takes loads and stores; the trigger page (even) a store. */
static volatile uint64_t *esb_reg(struct irqchip *chip, uint32_t lisn, uint32_t offset)
{
	size_t page = (size_t)lisn * 2 + 1;

	return (volatile uint64_t *)(chip->esb + (page << XIVE_ESB_PAGE_SHIFT) + offset);
}

static int xive_esb_load(void *ctx, uint32_t lisn, uint32_t offset, uint64_t *value)
{
	uint8_t raw[8];
	uint64_t v = *esb_reg(ctx, lisn, offset);

	/* The controller's registers are big-endian in memory. */
	__builtin_memcpy(raw, &v, sizeof(raw));
	*value = be64_load(raw);
	return 0;
}

static int xive_esb_store(void *ctx, uint32_t lisn, uint32_t offset, uint64_t value)
{
	uint8_t raw[8];
	uint64_t v;

	be64_store(raw, value);
	__builtin_memcpy(&v, raw, sizeof(v));
	*esb_reg(ctx, lisn, offset) = v;
	return 0;
}

const struct intc_ops xive_ops = {
	.claim = xive_claim,
	.set_line = xive_set_line,
	.is_enabled = xive_is_enabled,
	.reset = xive_reset,
	.source_config = xive_source_config,
	.source_sync = xive_source_sync,
	.queue_set = xive_queue_set,
	.queue_get = xive_queue_get,
	.esb_load = xive_esb_load,
	.esb_store = xive_esb_store,
};
