/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMA windows of emulated devices: a table and nothing behind the table. Where KVM has tables, KVM
 * keeps this one and serves the guest's calls; elsewhere it is in our memory (sphapr/tce_user.h). A
 * table in KVM changes at any time, so tce_translate() believes an entry no more than any other
 * word of a guest.
 */
#define LOG_PREFIX "devices"
#include "vmm/machine/emulated.h"

#include "sphapr/tce_user.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/tce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void close_table(struct emulated *e, struct kvm_tce_table *table)
{
	const struct spapr_platform *plat = &e->from.sp->plat;

	plat->hold_cpus(plat->ctx);
	kvm_tce_close(table);
	free(table);
}

/* KVM's tables are locked memory: where that is limited, passed-through devices need it. */
static bool may_lock(const struct emulated *e)
{
	uint64_t limit;

	return !e->from.host_devices || !sys_memlock_limit(&limit);
}

static int open_table(struct emulated *e, struct dma_window *w)
{
	struct kvm_tce_table *table =
		e->from.kvm_tables && may_lock(e) ? calloc(1, sizeof(*table)) : NULL;
	int r;

	if (!table)
		return -ENOMEM;
	r = kvm_tce_open(table, e->from.vm, w->liobn, w->page_shift, w->start, w->npages);
	if (r < 0) {
		log_debug("window 0x%llx: KVM serves no TCE calls for it: %s",
			  (unsigned long long)w->start, strerror(-r));
		close_table(e, table);
		return r;
	}
	w->priv = table;
	w->tces = table->tces;
	w->kvm_reads = true;
	w->in_kernel = e->from.kvm_puts;
	return 0;
}

static int window_open(void *ctx, struct dma_window *w)
{
	w->priv = NULL;
	return open_table(ctx, w) == 0 ? 0 : tce_user_ops.open(NULL, w);
}

static void window_detach(void *ctx, struct dma_window *w)
{
	if (!w->priv)
		return;
	close_table(ctx, w->priv);
	w->priv = NULL;
	w->tces = NULL;
}

static void window_close(void *ctx, struct dma_window *w)
{
	(void)ctx;
	tce_user_ops.close(NULL, w); /* nothing to do if the table was KVM's: it is gone */
}

const struct dma_backend_ops emulated_window_ops = {
	.open = window_open,
	.detach = window_detach,
	.close = window_close,
};
