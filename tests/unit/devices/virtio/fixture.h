/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_FIXTURE_H
#define TESTS_UNIT_DEVICES_VIRTIO_FIXTURE_H

/*
 * A virtio device's surroundings as a test likes them (RAM, loop, recorded interrupts and
 * ioeventfds), and the driver's hands: registers, negotiation, queues.
 *
 *	world_init(&w, 64);                     queues of up to 64 descriptors
 *	create the device with &w.env
 *	driver_attach(&w, &dev->v);             BAR, bus master, MSI-X
 *	driver_start(&w, features, nqueues);    up to DRIVER_OK; queue 0 is w.ring
 */

#include "devices/virtio/pci.h"
#include "devices/virtio/pci_private.h"
#include "tests/unit/devices/virtio/ring_fixture.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>

#define WORLD_BAR 0x210000000000ULL
#define WORLD_LISN 0x1300u

struct world {
	struct ring ring;
	struct loop loop;
	struct device_env env;
	enum blame blame; /* of the last create() that failed */
	struct virtio_pci *v;
	unsigned int raised[128]; /* by LISN from WORLD_LISN on */
	unsigned int nraised;
	bool line;
	struct {
		gpa_t gpa;
		int fd;
	} io[64];
	unsigned int nio;
	int ioeventfd_result, irqfd_result; /* not 0: refused */
	int ioeventfd_off_result;
	uint32_t irqfd_lisn; /* of the last irqfd; 0: none */
	unsigned int nirqfds;
	uint64_t discarded; /* bytes */
	int discard_result;
	unsigned int ndiscards, quits;
};

static inline gpa_t world_bar_gpa(void *ctx, const struct pci_func *f, int bar)
{
	(void)ctx;
	return f->bars[bar].addr;
}

static inline int world_ioeventfd(void *ctx, gpa_t gpa, int fd, bool on)
{
	struct world *w = ctx;

	if (on && w->ioeventfd_result)
		return w->ioeventfd_result;
	if (!on && w->ioeventfd_off_result)
		return w->ioeventfd_off_result;
	for (unsigned int i = 0; i < w->nio; i++) {
		if (w->io[i].gpa != gpa)
			continue;
		if (on || w->io[i].fd != fd)
			abort(); /* taken; or not the one that was put there */
		w->io[i] = w->io[--w->nio];
		return 0;
	}
	if (!on)
		abort();
	w->io[w->nio].gpa = gpa;
	w->io[w->nio++].fd = fd;
	return 0;
}

static inline int world_irqfd(void *ctx, int fd, uint32_t lisn, bool on)
{
	struct world *w = ctx;

	(void)fd;
	if (on && w->irqfd_result)
		return w->irqfd_result;
	if (!on && !w->nirqfds)
		abort();
	w->nirqfds += on ? 1 : -1U;
	w->irqfd_lisn = on ? lisn : 0;
	return 0;
}

static inline void world_raise(void *ctx, uint32_t lisn, bool up)
{
	struct world *w = ctx;

	w->nraised++;
	if (lisn < WORLD_LISN)
		w->line = up;
	else
		w->raised[lisn - WORLD_LISN]++;
}

static inline int world_translate(void *ctx, ioba_t ioba, bool write, gpa_t *gpa, uint64_t *len)
{
	(void)ctx;
	(void)write;
	(void)len;
	*gpa = ioba - 0x8000000000ULL;
	return ioba < 0x8000000000ULL ? -EFAULT : 0;
}

/* Whole pages of RAM, as the real one. */
static inline int world_discard(void *ctx, void *host, uint64_t len)
{
	struct world *w = ctx;
	uint64_t off = (uint64_t)((uint8_t *)host - w->ring.ram);

	if (off > RING_RAM_SIZE || len > RING_RAM_SIZE - off || !len || off % w->env.ram_page ||
	    len % w->env.ram_page || w->env.dma_pinned)
		abort();
	if (w->discard_result)
		return w->discard_result;
	memset(host, 0, len);
	w->ndiscards++;
	w->discarded += len;
	return 0;
}

static inline void world_quit(void *ctx)
{
	((struct world *)ctx)->quits++;
}

/* All but the ring, which is there. */
static inline void world_surround(struct world *w)
{
	memset(&w->loop, 0, sizeof(*w) - offsetof(struct world, loop));
	if (loop_init(&w->loop, NULL) < 0)
		abort();
	w->env = (struct device_env){
		.mem = &w->ring.mem,
		.loop = &w->loop,
		.nvcpus = 2,
		.ctx = w,
		.bar_gpa = world_bar_gpa,
		.ioeventfd = world_ioeventfd,
		.irqfd = world_irqfd,
		.raise = world_raise,
		.ram_page = 4096,
		.discard = world_discard,
		.quit = world_quit,
		.translate = world_translate,
	};
}

static inline void world_init(struct world *w, uint32_t queue_size)
{
	ring_init(&w->ring, queue_size);
	world_surround(w);
}

static inline void world_run(struct world *w)
{
	while (loop_run_once(&w->loop, 0) > 0)
		;
}

static inline uint64_t driver_read(struct world *w, uint64_t off, uint32_t size)
{
	return w->v->func.ops->bar_read(&w->v->func, 0, off, size);
}

static inline void driver_write(struct world *w, uint64_t off, uint32_t size, uint64_t value)
{
	w->v->func.ops->bar_write(&w->v->func, 0, off, size, value);
}

static inline uint8_t driver_status(struct world *w)
{
	return (uint8_t)driver_read(w, VIRTIO_PCI_COMMON_STATUS, 1);
}

static inline void driver_set_status(struct world *w, uint8_t status)
{
	driver_write(w, VIRTIO_PCI_COMMON_STATUS, 1, status);
}

static inline void driver_map(struct world *w, uint64_t bar, uint32_t command)
{
	struct pci_func *f = &w->v->func;

	pci_func_config_write(f, PCI_COMMAND, 2, 0);
	pci_func_config_write(f, PCI_BASE_ADDRESS_0, 4, (uint32_t)bar);
	pci_func_config_write(f, PCI_BASE_ADDRESS_1, 4, (uint32_t)(bar >> 32));
	pci_func_config_write(f, PCI_COMMAND, 2, command);
}

/* As bus master all the time: a driver's device may be moved while it works. */
static inline void driver_move(struct world *w, uint64_t bar)
{
	struct pci_func *f = &w->v->func;

	pci_func_config_write(f, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	pci_func_config_write(f, PCI_BASE_ADDRESS_0, 4, (uint32_t)bar);
	pci_func_config_write(f, PCI_BASE_ADDRESS_1, 4, (uint32_t)(bar >> 32));
	pci_func_config_write(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static inline void driver_master(struct world *w, bool master)
{
	pci_func_config_write(&w->v->func, PCI_COMMAND, 2,
			      PCI_COMMAND_MEMORY | (master ? PCI_COMMAND_MASTER : 0));
}

static inline void driver_msix(struct world *w, uint32_t flags)
{
	pci_func_config_write(&w->v->func, w->v->func.msix_cap + PCI_MSIX_FLAGS, 2, flags);
}

static inline void driver_mask(struct world *w, uint32_t vector, bool masked)
{
	driver_write(w, VIRTIO_BAR_MSIX + 16 * vector + 12, 4, masked);
}

static inline void driver_attach(struct world *w, struct virtio_pci *v)
{
	w->v = v;
	driver_map(w, WORLD_BAR, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	pci_func_set_vectors(&v->func, (struct pci_vectors){ PCI_MSIX, WORLD_LISN, v->msix.n });
	driver_msix(w, PCI_MSIX_FLAGS_ENABLE);
	for (uint32_t i = 0; i < v->msix.n; i++)
		driver_mask(w, i, false);
}

static inline uint64_t driver_offer(struct world *w)
{
	uint64_t lo, hi;

	driver_write(w, VIRTIO_PCI_COMMON_DFSELECT, 4, 0);
	lo = driver_read(w, VIRTIO_PCI_COMMON_DF, 4);
	driver_write(w, VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	hi = driver_read(w, VIRTIO_PCI_COMMON_DF, 4);
	return hi << 32 | lo;
}

static inline void driver_accept(struct world *w, uint64_t features)
{
	for (uint32_t i = 0; i < 2; i++) {
		driver_write(w, VIRTIO_PCI_COMMON_GFSELECT, 4, i);
		driver_write(w, VIRTIO_PCI_COMMON_GF, 4, features >> 32 * i & 0xffffffff);
	}
}

/* Did the device agree? */
static inline bool driver_negotiate(struct world *w, uint64_t features)
{
	driver_set_status(w, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	driver_set_status(w, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	driver_accept(w, features);
	driver_set_status(w, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
				     VIRTIO_CONFIG_S_FEATURES_OK);
	return driver_status(w) & VIRTIO_CONFIG_S_FEATURES_OK;
}

static inline void driver_queue(struct world *w, uint32_t q, uint64_t desc, uint64_t avail,
				uint64_t used)
{
	driver_write(w, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	driver_write(w, VIRTIO_PCI_COMMON_Q_SIZE, 2, w->ring.size);
	driver_write(w, VIRTIO_PCI_COMMON_Q_MSIX, 2, q + 1);
	driver_write(w, VIRTIO_PCI_COMMON_Q_DESCLO, 8, desc);
	driver_write(w, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, avail & 0xffffffff);
	driver_write(w, VIRTIO_PCI_COMMON_Q_AVAILHI, 4, avail >> 32);
	driver_write(w, VIRTIO_PCI_COMMON_Q_USEDLO, 4, used & 0xffffffff);
	driver_write(w, VIRTIO_PCI_COMMON_Q_USEDHI, 4, used >> 32);
	driver_write(w, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

/* Queue @q on a ring of its own. */
static inline void driver_ring(struct world *w, uint32_t q, struct ring *r, uint64_t at)
{
	ring_beside(r, &w->ring, at);
	driver_queue(w, q, RING_DESC + at, RING_AVAIL + at, RING_USED + at);
}

static inline void driver_ok(struct world *w)
{
	driver_set_status(w, driver_status(w) | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Queue 0 on w->ring, features and VERSION_1; the queue has been kicked once. */
static inline void driver_start(struct world *w, uint64_t features)
{
	if (!driver_negotiate(w, features | 1ULL << VIRTIO_F_VERSION_1))
		abort();
	driver_write(w, VIRTIO_PCI_COMMON_MSIX, 2, 0);
	driver_queue(w, 0, RING_DESC, RING_AVAIL, RING_USED);
	driver_ok(w);
	world_run(w);
}

static inline void driver_kick(struct world *w, uint32_t q)
{
	driver_write(w, VIRTIO_BAR_NOTIFY + VIRTIO_NOTIFY_STRIDE * q, 2, q);
	world_run(w);
}

#endif
