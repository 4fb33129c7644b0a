/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_DEVICE_H
#define DEVICES_DEVICE_H

/*
 * Emulated PCI devices as the VMM sees them: a table of models (models.c), each of which describes
 * one kind of device: its section of the configuration, its keys, how to make one. The VMM knows no
 * device by name. For each [[section]] that the user wrote it calls create() and puts dev->func
 * into the PHB of the emulated devices; the rest happens through the function's ops.
 *
 *	devices/models.c          the rows        devices/virtio/        queue, transport, devices
 *	devices/backend/block/    disk images     devices/backend/net/   packet back ends
 *	devices/backend/chardev/  streams         devices/pci/           config space, BARs, MSI-X
 *
 * A new device: one file with its struct device_model at the end, a line in models.h that declares
 * the model, and a row in models.c.
 *
 * Threads (docs/THREADS.md): everything here runs under the machine lock, on the I/O thread or a vCPU's;
 * devices hold no locks. Work for the guest is done on the I/O thread only.
 */

#include "devices/pci/func.h"
#include "vmm/base/blame.h"
#include "vmm/base/gmem.h"
#include "vmm/base/loop.h"
#include "vmm/conf/conf.h"

/*
 * What a device gets from its surroundings. One for all devices; constant, and outlives them.
 * @ctx is the first argument of each call.
 */
struct device_env {
	const struct gmem *mem;
	struct loop *loop;
	uint32_t nvcpus;
	/*
	 * Only for the device tree: no image, stream, process or device of the host is opened, as a
	 * guest that runs may have them in use.
	 */
	bool tree_only;
	bool dma_pinned; /* guest RAM is pinned for passed-through devices */
	bool reopens; /* the guest may begin in firmware that opens a device again without a reset */
	uint64_t ram_page; /* bytes of the pages behind guest RAM */
	void *ctx;

	/*
	 * Guest address where a BAR decodes at the moment; UINT64_MAX: nowhere that the guest could
	 * reach. For ioeventfds.
	 */
	gpa_t (*bar_gpa)(void *ctx, const struct pci_func *f, int bar);

	/*
	 * A guest's store of any size to exactly @gpa signals eventfd @fd in place of a trapped
	 * access (@on), or no longer does: the same @gpa and @fd. 0 or -errno; where it fails the
	 * store arrives as a trapped access, which every device must serve as well.
	 */
	int (*ioeventfd)(void *ctx, gpa_t gpa, int fd, bool on);

	/*
	 * For back ends that live in the kernel (vhost): signalling eventfd @fd raises the edge
	 * source @lisn without passing through us. 0 or -errno; without it the owner reads @fd in
	 * the loop and calls raise().
	 */
	int (*irqfd)(void *ctx, int fd, uint32_t lisn, bool on);

	/*
	 * An interrupt. Edge sources (message interrupts): @up is true, a pulse. Level sources
	 * (f->intx_lisn): @up is the state of the line. One ioctl on the I/O thread: cheaper than an
	 * irqfd, which costs a write and a work item of the kernel.
	 */
	void (*raise)(void *ctx, uint32_t lisn, bool up);

	/*
	 * Give [@host, @host + @len), whole pages of guest RAM, back to the host: they read as
	 * zeroes from now on. Not while RAM is pinned. 0 or -errno.
	 */
	int (*discard)(void *ctx, void *host, uint64_t len);

	/* The user asked for the end of the guest, at a terminal. */
	void (*quit)(void *ctx);

	/*
	 * A bus address of the emulated PHB through its DMA windows, for devices behind the IOMMU.
	 * *@len, not 0, is how many bytes are wanted and becomes how many are contiguous at *@gpa.
	 * @write: the device writes there. 0; -EFAULT: not mapped, or not for that.
	 */
	int (*translate)(void *ctx, ioba_t ioba, bool write, gpa_t *gpa, uint64_t *len);
};

struct block;
struct device_model;

/* The common part, embedded in each device's own struct. */
struct device {
	const struct device_model *model;
	struct pci_func *func; /* the device's own; its name and ctx are set */
	bool iommu;            /* its addresses go through env->translate */
};

struct device_model {
	const char *name;            /* "virtio-blk": in messages */
	const char *section;         /* [[disk]] in the configuration: any number of them */
	bool once;                   /* [rng]: one, or none */
	const char *help;            /* of the section, for --help */
	const struct conf_key *keys; /* ends with { 0 } */
	size_t conf_size;            /* of the struct that the keys fill */

	/*
	 * Three looks at the section's tables once the keys are read: the first fills in, the others
	 * judge. A field that was wrong by itself is zero or NULL in them. Each pointer may be NULL.
	 *
	 * complete: fills in defaults that depend on other keys, in all @n tables. What the user wrote
	 * stays as it is, also when it was wrong. A failure is told by conf_error().
	 */
	void (*complete)(struct conf *c, void *confs, size_t n);

	/*
	 * conflict: looks at two of them: the name of the key whose value both cannot have (the
	 * second is refused at its place in the file: "disk.1.path: /a is taken by disk.0
	 * already"), or NULL.
	 */
	const char *(*conflict)(const void *conf, const void *other);

	/*
	 * check_all: judges all @n tables together, where keys and conflict() cannot, and tells @c
	 * what is wrong by conf_error(). @ram: of the guest, in bytes; 0: its key was wrong by itself.
	 */
	void (*check_all)(struct conf *c, const void *confs, size_t n, uint64_t ram);

	/**
	 * create - a device in power-on state
	 * @env:  borrowed for the device's life
	 * @conf: likewise, of conf_size bytes
	 * @id:   "disk0" ("rng" where there is one), for messages and the function's name; copied
	 * @devfn: its place on bus 0
	 * @blame: BLAME_HOST at first; out, with a failure: whose fault it is
	 * Return 0 and *@out; or -errno after one logged line with the remedy.
	 */
	int (*create)(struct device **out, const struct device_env *env, const void *conf,
		      const char *id, uint8_t devfn, enum blame *blame);

	/* The image behind it, from which firmware may boot. NULL: devices of this kind have none. */
	struct block *(*disk)(struct device *dev);

	/*
	 * Waits for what is in flight, then releases all. The guest no longer runs, and nobody
	 * calls dev->func's ops any more.
	 */
	void (*destroy)(struct device *dev);
};

extern const struct device_model *const device_models[]; /* ends with NULL */
#define DEVICE_MODELS_MAX 8 /* at most so many rows: models.c asserts it */

#endif
