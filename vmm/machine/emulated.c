/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "devices"
#include "vmm/machine/emulated.h"

#include "sphapr/tce.h"
#include "sphapr/tce_user.h"
#include "vmm/base/log.h"
#include "vmm/machine/firmware.h"
#include "vmm/machine/signals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct emulated_env *lent(void *ctx)
{
	return &((struct emulated *)ctx)->from;
}

static gpa_t bar_gpa(void *ctx, const struct pci_func *f, int bar)
{
	const struct emulated *e = ctx;
	const struct pci_bar *b = &f->bars[bar];

	if (b->addr == PCI_BAR_OFF)
		return UINT64_MAX;
	return phb_bus_to_gpa(e->phb, b->kind, b->addr, b->size);
}

static int ioeventfd(void *ctx, gpa_t gpa, int fd, bool on)
{
	return kvm_vm_ioeventfd(lent(ctx)->vm, gpa, fd, on);
}

static int irqfd(void *ctx, int fd, uint32_t lisn, bool on)
{
	const struct emulated_env *from = lent(ctx);

	return from->irqfd ? kvm_vm_irqfd(from->vm, fd, lisn, on, -1) : -ENOTSUP;
}

static void raise_irq(void *ctx, uint32_t lisn, bool up)
{
	intc_set_line(&lent(ctx)->sp->intc, lisn, up);
}

static int discard(void *ctx, void *host, uint64_t len)
{
	return ram_discard(lent(ctx)->ram, host, len);
}

static void quit(void *ctx)
{
	stop_off(lent(ctx)->stop, "console");
}

/* Windows do not overlap: the one that knows the address answers. */
static int translate(void *ctx, ioba_t ioba, bool write, gpa_t *gpa, uint64_t *len)
{
	const struct pe *pe = &((struct emulated *)ctx)->phb->pe;

	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (pe->live[i] && tce_translate(&pe->windows[i], ioba,
						 write ? TCE_WRITE : TCE_READ, gpa, len) == 0)
			return 0;
	return -EFAULT;
}

static uint32_t count(const struct options *opt)
{
	uint64_t n = 0;

	for (size_t i = 0; device_models[i]; i++)
		n += opt->devices[i].n;
	return n <= UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static int check_room(const struct spapr *sp, uint32_t n, enum blame *blame)
{
	if (n > PHB_MAX_FUNCS)
		log_error("%u disks and other virtio devices: there is room for %d: remove some", n,
			  PHB_MAX_FUNCS);
	else if (sp->nphbs == SPAPR_MAX_PHBS)
		log_error(
			"%u IOMMU groups are passed through: beside emulated devices at most %d can be",
			sp->nphbs, SPAPR_MAX_PHBS - 1);
	else
		return 0;
	*blame = BLAME_CONFIG;
	return -EINVAL;
}

static int add(struct emulated *e, const struct device_model *model, const void *conf, size_t index,
	       enum blame *blame)
{
	char id[24];
	int r;

	if (model->once)
		snprintf(id, sizeof(id), "%s", model->section);
	else
		snprintf(id, sizeof(id), "%s%zu", model->section, index);
	r = model->create(&e->devs[e->ndevs], &e->env, conf, id, (uint8_t)(e->ndevs << 3), blame);
	if (r < 0)
		return r;
	r = phb_add_func(e->from.sp, e->phb, e->devs[e->ndevs]->func);
	e->ndevs++;
	if (r < 0)
		log_error("%s: PHB %u: %s", id, e->phb->index, strerror(-r));
	return r < 0 ? r : 0;
}

/*
 * Large windows are for devices behind the IOMMU; for the others the small one only stands in the
 * tree.
 */
static int open_windows(struct emulated *e)
{
	bool ddw = false;
	int r;

	for (uint32_t i = 0; i < e->ndevs; i++)
		ddw |= e->devs[i]->iommu;
	r = pe_dma_init(&e->phb->pe, &emulated_window_ops, e, &tce_user_caps, e->phb->index, ddw);
	if (r < 0)
		log_error("PHB %u: its DMA window: %s", e->phb->index, strerror(-r));
	return r;
}

int emulated_open(struct emulated *e, const struct emulated_env *env, enum blame *blame)
{
	const struct options *opt = env->opt;
	struct spapr *sp = env->sp;
	uint32_t n = count(opt);
	int r = n ? check_room(sp, n, blame) : 0;

	if (n == 0 || r < 0)
		return r;
	e->devs = calloc(n, sizeof(struct device *));
	if (!e->devs)
		return -ENOMEM;
	e->from = *env;
	e->env = (struct device_env){
		.mem = env->mem,
		.loop = env->loop,
		.nvcpus = spapr_nvcpus(sp),
		.tree_only = env->tree_only,
		.dma_pinned = env->host_devices,
		.reopens = firmware_is_blob(&opt->boot),
		.ram_page = env->ram->page,
		.ctx = e,
		.bar_gpa = bar_gpa,
		.ioeventfd = ioeventfd,
		.irqfd = irqfd,
		.raise = raise_irq,
		.discard = discard,
		.quit = quit,
		.translate = translate,
	};
	e->phb = spapr_add_phb(sp); /* there is room for it */
	for (size_t k = 0; device_models[k] && r == 0; k++)
		for (size_t i = 0; i < opt->devices[k].n && r == 0; i++)
			r = add(e, device_models[k], options_device(opt, k, i), i, blame);
	return r < 0 ? r : open_windows(e);
}

bool emulated_path(const struct emulated *e, const char *name, char *path, size_t size)
{
	for (uint32_t i = 0; i < e->ndevs; i++) {
		if (strcmp(e->devs[i]->func->name, name) != 0)
			continue;
		phb_func_path(e->phb, e->devs[i]->func, path, size);
		return true;
	}
	return false;
}

void emulated_close(struct emulated *e)
{
	while (e->ndevs > 0) {
		struct device *dev = e->devs[--e->ndevs];

		signals_waiting_for(dev->func->name);
		phb_remove_func(e->from.sp, e->phb, dev->func);
		dev->model->destroy(dev);
	}
	if (e->phb) {
		pe_dma_close(&e->phb->pe);
		spapr_remove_phb(e->from.sp, e->phb);
	}
	free(e->devs);
	*e = (struct emulated){ 0 };
}
