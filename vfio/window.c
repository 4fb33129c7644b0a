/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMA windows on a container: the host's table by TCE_CREATE, the guest's one in KVM where KVM can
 * link the two, else in our memory.
 *
 * Source: drivers/vfio/vfio_iommu_spapr_tce.c and arch/powerpc/kvm/book3s_64_vio.c of Linux.
 */
#include "vfio/pe.h"

#include "sphapr/spapr.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/tce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_PAGE_SHIFT 12 /* of the smallest window in it, the default one */
#define ADDRESS_BITS 55     /* of a host table: levels and page offset together */

struct window_priv {
	struct kvm_tce_table table; /* fd -1: tces are malloc'd */
	uint64_t *own;
};

struct dma_caps vfio_window_caps(const struct vfio_pe *pe)
{
	const struct vfio_container *c = &pe->container;
	uint64_t size =
		c->dma32_size < VFIO_PE_DEFAULT_WINDOW ? c->dma32_size : VFIO_PE_DEFAULT_WINDOW;
	uint64_t page_shift = log2_ceil(pe->env->ram_page);
	uint32_t level_bits = log2_ceil(sys_page_size()) + 8 - 3;
	uint64_t index_bits = (uint64_t)c->levels * level_bits;

	return (struct dma_caps){
		/* A TCE of a larger page than the one behind guest RAM would be refused at map. */
		.page_sizes = c->pgsizes & ((2ULL << page_shift) - 1),
		.max_windows = c->max_windows < DDW_MAX_WINDOWS ? c->max_windows : DDW_MAX_WINDOWS,
		/*
		 * One level: the host is a guest itself. Linux there frees the default's place, but
		 * its hypervisor does not, and after a window that it refused Linux makes no other
		 * for this group, not even the default, until the host reboots.
		 */
		.one_dynamic = c->levels == 1,
		.max_pages = 1ULL << (index_bits < ADDRESS_BITS - page_shift
					      ? index_bits
					      : ADDRESS_BITS - page_shift),
		.default_start = c->dma32_start,
		.group = pe->group.id,
		/* A partition's default window belongs to its hypervisor, and cannot be larger. */
		.limited = c->levels > 1 && c->dma32_start == 0,
		.default_size =
			size == 0 || is_power_of_2(size) ? size : 1ULL << (log2_ceil(size) - 1),
	};
}

static int link_to_kvm(struct vfio_pe *pe, struct window_priv *p)
{
	int dev = pe->env->kvm_vfio_fd, r = 0;
	bool is_new = !pe->in_kvm;

	/* Not before there is a link: at its end KVM warns of a group that it knows without one. */
	if (is_new)
		r = kvm_vfio_add(dev, pe->group.fd);
	if (r < 0)
		return r;
	pe->in_kvm = true;
	r = kvm_vfio_set_tce(dev, pe->group.fd, p->table.fd);
	if (r < 0 && is_new)
		pe->in_kvm = kvm_vfio_del(dev, pe->group.fd) < 0;
	return r;
}

/* KVM links a table only to a host table that starts where it does. */
static bool kvm_can_link(const struct vfio_pe *pe, const struct dma_window *w)
{
	return pe->env->kvm_vfio_fd >= 0 && (!pe->frame || w->start == pe->container.dma32_start);
}

/* Linux frees a table with no regard to a vCPU that is in the middle of H_GET_TCE or H_PUT_TCE. */
static void close_kvm_table(const struct vfio_pe *pe, struct dma_window *w, struct window_priv *p)
{
	const struct spapr_platform *plat = &pe->env->sp->plat;

	plat->hold_cpus(plat->ctx);
	kvm_tce_close(&p->table);
	w->tces = NULL;
}

/* 0 and a table that KVM reads, and writes if it is linked. */
static int open_kvm_table(struct vfio_pe *pe, struct dma_window *w, struct window_priv *p)
{
	int r = kvm_tce_open(&p->table, pe->env->vm, w->liobn, w->page_shift, w->start, w->npages);

	if (r == 0 && !pe->env->unlinked)
		r = link_to_kvm(pe, p);
	if (r < 0)
		close_kvm_table(pe, w, p);
	return r;
}

/* Takes KVM's table if it can be had; the guest notices nothing but speed. */
static int open_table(struct vfio_pe *pe, struct dma_window *w, struct window_priv *p)
{
	int r;

	if (pe->env->unlinked || kvm_can_link(pe, w)) {
		r = open_kvm_table(pe, w, p);
		if (r == 0) {
			w->tces = p->table.tces;
			return 0;
		}
		if (log_may(&pe->said))
			log_warn("vfio group %d: window 0x%llx: KVM serves no TCE calls for it: %s",
				 pe->group.id, (unsigned long long)w->start, strerror(-r));
	}
	p->own = calloc(w->npages, sizeof(*p->own));
	w->tces = p->own;
	return p->own ? 0 : -ENOMEM;
}

/* One line for the default window, and for each that the guest makes instead or besides. */
static void tell(struct vfio_pe *pe, const struct dma_window *w)
{
	if (!log_may(&pe->said))
		return;
	log_info("vfio group %d: DMA window at 0x%llx, %llu MiB, pages of %llu KiB", pe->group.id,
		 (unsigned long long)w->start,
		 (unsigned long long)((w->npages << w->page_shift) / MiB),
		 (unsigned long long)((1ULL << w->page_shift) / KiB));
}

static int window_make(void *ctx, struct dma_window *w)
{
	struct vfio_pe *pe = ctx;

	if (!pe->frame)
		return vfio_container_window_create(&pe->container, w->page_shift,
						    w->npages << w->page_shift, &w->start,
						    &w->levels);
	w->levels = pe->frame_levels;
	return 0;
}

static int window_open(void *ctx, struct dma_window *w)
{
	struct vfio_pe *pe = ctx;
	struct window_priv *p = calloc(1, sizeof(*p));
	int r = -ENOMEM;

	w->priv = p;
	if (p) {
		p->table.fd = -1;
		r = open_table(pe, w, p);
		w->kvm_reads = p->table.fd >= 0;
		w->in_kernel = w->kvm_reads && !pe->env->unlinked;
	}
	if (r < 0) {
		if (!pe->frame)
			vfio_container_window_remove(&pe->container, w->start);
		free(p);
		w->priv = NULL;
		return r;
	}
	tell(pe, w);
	return 0;
}

/*
 * The slot of a window that stays is lost until the group leaves the container, but the device must
 * not reach what the guest thinks it took back.
 */
static void empty_it(struct vfio_pe *pe, const struct dma_window *w, int why)
{
	int r = vfio_container_unmap(&pe->container, w->start, w->npages << w->page_shift);

	if (!log_may(&pe->said))
		return;
	log_warn("vfio group %d: the DMA window at 0x%llx stays: TCE_REMOVE: %s%s%s", pe->group.id,
		 (unsigned long long)w->start, strerror(-why),
		 r < 0 ? ", and what is mapped in it: UNMAP_DMA: " : "", r < 0 ? strerror(-r) : "");
}

/* KVM's link ends with its table; a host table removed before KVM's would live on unseen. */
static void window_detach(void *ctx, struct dma_window *w)
{
	struct window_priv *p = w->priv;

	if (p->table.fd >= 0)
		close_kvm_table(ctx, w, p);
}

static void window_close(void *ctx, struct dma_window *w)
{
	struct vfio_pe *pe = ctx;
	struct window_priv *p = w->priv;
	int r = 0;

	if (!pe->frame)
		r = vfio_container_window_remove(&pe->container, w->start);
	if (r < 0)
		empty_it(pe, w, r);
	free(p->own);
	free(p);
	w->priv = NULL;
	w->tces = NULL;
}

/*
 * Whether the limit on locked memory allows the table is judged here, not tried: up to Linux 6.12 each
 * failed attempt, and there would be two, keeps its charge.
 */
static bool may_lock(const struct vfio_pe *pe, uint64_t size)
{
	const struct vfio_memlock_need *need = &pe->env->need;
	uint64_t limit;

	return !sys_memlock_limit(&limit) ||
	       need->ram + need->tables + 2 * vfio_memlock_table(size >> FRAME_PAGE_SHIFT) <= limit;
}

static int window_frame(void *ctx, uint64_t size)
{
	struct vfio_pe *pe = ctx;
	ioba_t place = pe->container.dma32_start, at = place;
	int r;

	if (pe->frame) {
		r = vfio_container_window_remove(&pe->container, place);
		if (r < 0)
			log_warn("vfio group %d: the table of limited addressing stays: "
				 "TCE_REMOVE: %s",
				 pe->group.id, strerror(-r));
	}
	pe->frame = 0;
	if (size == 0)
		return 0;
	if (!may_lock(pe, size))
		return -ENOMEM;
	r = vfio_container_window_create(&pe->container, FRAME_PAGE_SHIFT, size, &at,
					 &pe->frame_levels);
	if (r < 0)
		return r;
	if (at != place) { /* a window that could not be removed has it */
		vfio_container_window_remove(&pe->container, at);
		return -EADDRINUSE;
	}
	pe->frame = size;
	return 0;
}

static int window_map(void *ctx, struct dma_window *w, ioba_t ioba, gpa_t gpa, uint64_t size,
		      uint64_t perm)
{
	struct vfio_pe *pe = ctx;
	void *host = gmem_dma_host(pe->env->mem, gpa, size);

	(void)w;
	if (!host)
		return -EFAULT;
	return vfio_container_map(&pe->container, ioba, host, size, perm & TCE_WRITE);
}

static int window_unmap(void *ctx, struct dma_window *w, ioba_t ioba, uint64_t size)
{
	struct vfio_pe *pe = ctx;

	(void)w;
	return vfio_container_unmap(&pe->container, ioba, size);
}

static void window_why(void *ctx, int err, char *text, size_t size)
{
	const struct vfio_pe *pe = ctx;

	vfio_container_create_why(&pe->container, err, text, size);
}

const struct dma_backend_ops vfio_window_ops = {
	.make = window_make,
	.open = window_open,
	.detach = window_detach,
	.close = window_close,
	.map = window_map,
	.unmap = window_unmap,
	.frame = window_frame,
	.why = window_why,
};
