/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_PCI_H
#define DEVICES_VIRTIO_PCI_H

/*
 * The virtio 1.x transport over PCI: a function with one memory BAR that holds the common, ISR,
 * device and notification structures, MSI-X table and pending bits. A device embeds it and brings
 * a struct virtio_type with what is its own:
 *
 *	struct rng { struct device dev; struct virtio_pci v; ... };
 *
 *	virtio_pci_init(&rng->v, &rng_type, env, id, devfn, nqueues, use_iommu);
 *	rng->dev.func = &rng->v.func;
 *
 * Life of a device, by the driver's hand:
 *   RESET     features are negotiated, queues set up. Entered by power-on, and at a reset's end.
 *   LIVE      queues serve, their registers are frozen. By DRIVER_OK; start() once the function is
 *             bus master as well.
 *   HALTED    guest memory is not touched: no queue is looked at, by us or by the kernel, and the
 *             status has NEEDS_RESET. By taking bus mastering away while LIVE; only a reset ends it,
 *             and with env->reopens a notification as bus master.
 *   STOPPING  nothing new is popped, requests are still in flight, and status reads as before. By
 *             writing status 0; ends in RESET, with virtio_pci_stopped().
 * A queue that the guest broke makes the device NEEDS_RESET within LIVE: virtio_pci_broken().
 *
 * Who calls: the guest's accesses arrive on vCPU threads, notifications on the I/O thread (KVM's
 * ioeventfd; a trapped store is passed there by the same eventfd). So kick(), and the device's
 * completions, run on the I/O thread, all under the machine lock.
 *
 *	pci.c         set-up and the end           pci_bar.c     the BAR, and the door to it in
 *	pci_state.c   the life above                             configuration space
 *	pci_serve.c   what a device calls          pci_common.c  the common structure in the BAR
 *	              while it works               pci_irq.c     interrupts
 *	pci_vhost.c   queues of the kernel's       pci_notify.c  notifications
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, 2.1 to 2.4, 4.1 "Virtio Over PCI Bus".
 */

#include "devices/device.h"
#include "devices/pci/msix.h"
#include "devices/virtio/queue.h"

#define VIRTIO_PCI_MAX_QUEUES 64u
#define VIRTIO_PCI_MAX_CONFIG 256u /* bytes of device-specific configuration */
#define VIRTIO_NO_VECTOR 0xffffu

struct virtio_pci;

struct virtio_type {
	const char *name;    /* "virtio-blk" */
	uint16_t id;         /* VIRTIO_ID_BLOCK: PCI device 0x1040 + id */
	uint32_t pci_class;  /* class << 16 | subclass << 8 | interface */
	uint16_t queue_size; /* of each queue: what is offered; a power of two */
	uint64_t max_chain;  /* bytes: a longer one breaks its queue */

	/*
	 * DRIVER_OK, and the function is bus master: v->features are final, the enabled queues
	 * (virtq.enabled) can be popped. Each is kicked once after this. 0; -errno: the device
	 * becomes NEEDS_RESET.
	 */
	int (*start)(struct virtio_pci *v);

	/* The guest notified queue @q, which is enabled. On the I/O thread, while LIVE. */
	void (*kick)(struct virtio_pci *v, uint32_t q);

	/*
	 * Take nothing new; what has not begun need not happen. True: nothing is in flight, no more
	 * access to guest memory happens. False: virtio_pci_stopped() is called when that is so.
	 * NULL: always true.
	 */
	bool (*stop)(struct virtio_pci *v);

	/* After stop() said false: wait here until nothing is in flight. The guest does not run. */
	void (*drain)(struct virtio_pci *v);

	/* Bring v->config up to date before the guest reads it. May be NULL. */
	void (*config_read)(struct virtio_pci *v);

	/*
	 * The guest wants bytes [@off, @off + @len) of v->config to be @data: nothing has changed
	 * yet. @len is 1 to 8, inside. NULL: writes are ignored.
	 */
	void (*config_write)(struct virtio_pci *v, uint32_t off, const uint8_t *data, uint32_t len);
};

struct virtio_queue {
	struct virtq vq;
	uint32_t index;
	struct virtio_pci *owner;
	uint16_t vector;   /* or VIRTIO_NO_VECTOR */
	uint16_t size_reg; /* what the driver wrote; the offer at first */
	uint64_t desc_reg, avail_reg, used_reg;
	int kick_fd;        /* the eventfd of its notifications */
	gpa_t kick_gpa;     /* where KVM signals it; UINT64_MAX: nowhere */
	bool said;          /* the warning that KVM keeps kick_gpa */
	bool handed_over;   /* kick_fd is not ours to read (vhost) */
	int call_fd;        /* vhost's way to interrupt; -1: none */
	uint32_t call_lisn; /* KVM turns call_fd into this; 0: it is read in the loop */
	char name[48];
	uint64_t kicks, interrupts; /* not those that the kernel handles (vhost) */
};

/* What a disk or a card has moved. From the guest: written to the disk, sent. */
struct virtio_traffic {
	uint64_t in_bytes, in_ops;   /* to the guest: read from the disk, received */
	uint64_t out_bytes, out_ops; /* from the guest: written to the disk, sent */
	uint64_t flushes, errors;
};

enum virtio_state { VIRTIO_RESET, VIRTIO_LIVE, VIRTIO_HALTED, VIRTIO_STOPPING };

struct virtio_pci {
	struct pci_func func;
	const struct virtio_type *type;
	const struct device_env *env;
	char id[24];
	struct virtio_dma dma;
	struct pci_msix msix;

	/* The device's: set before it goes into its PHB, then changed by its owner only. */
	uint64_t offered;                      /* features; the transport adds its own */
	uint8_t config[VIRTIO_PCI_MAX_CONFIG]; /* little-endian */
	uint32_t config_len;
	uint64_t max_chain; /* as the type's, or less */
	uint32_t max_desc;  /* descriptors of a chain; 0: what its iovecs allow */

	enum virtio_state state;
	bool started; /* type->start() was called since the reset */
	bool busy;    /* type->stop() said false, and virtio_pci_stopped() has not been called */
	uint64_t features; /* what the driver accepted; final from FEATURES_OK on */
	uint8_t status;
	uint8_t generation;
	uint8_t isr;
	uint16_t config_vector;
	uint16_t queue_select;
	uint32_t device_feature_select, driver_feature_select;
	uint32_t nqueues;
	struct virtio_queue *queues;
	uint8_t cfg_cap; /* offset of the configuration-space door's capability */
	bool intx_up;
	struct virtio_traffic traffic;
};

/**
 * virtio_pci_init - a function in power-on state
 * @env:     borrowed for life
 * @id:      "disk0"; copied
 * @nqueues: 1 to VIRTIO_PCI_MAX_QUEUES; each gets an MSI-X vector, and the configuration one
 * @iommu:   offer VIRTIO_F_ACCESS_PLATFORM: addresses go through the PHB's windows, and a driver
 *           that does not accept it is refused
 * The caller then fills v->config, config_len and adds to v->offered.
 * Return 0 or -errno (of eventfds, or memory), with nothing left behind.
 */
int virtio_pci_init(struct virtio_pci *v, const struct virtio_type *type,
		    const struct device_env *env, const char *id, uint8_t devfn, uint32_t nqueues,
		    bool iommu);

/* Stops and drains the device first. Tolerates a zeroed one. */
void virtio_pci_close(struct virtio_pci *v);

static inline bool virtio_has(const struct virtio_pci *v, unsigned int feature_bit)
{
	return v->features >> feature_bit & 1;
}

/* LIVE, not broken, and allowed to be bus master: may queues be popped now? */
bool virtio_pci_runs(const struct virtio_pci *v);

static inline struct virtq *virtio_pci_vq(struct virtio_pci *v, uint32_t q)
{
	return &v->queues[q].vq;
}

/* Publish the pushes of queue @q and interrupt if the guest wants that. */
void virtio_pci_publish(struct virtio_pci *v, uint32_t q);

/* virtq_pop() of queue @q, and virtio_pci_broken() where that is due: 1, 0 or -EPROTO. */
int virtio_pci_pop(struct virtio_pci *v, uint32_t q, struct virtq_chain *c);

/* The guest broke a rule (one logged line): NEEDS_RESET, and the driver is told. */
void virtio_pci_broken(struct virtio_pci *v, const char *what);

/* The device changed v->config: generation and interrupt. */
void virtio_pci_config_changed(struct virtio_pci *v);

/* Nothing is in flight: due after type->stop() said false, and harmless otherwise. */
void virtio_pci_stopped(struct virtio_pci *v);

/*
 * Have kick() called for queue @q from the loop, as if the guest had notified: for a device that
 * has more to do than one round should take. Any thread, under the lock.
 */
void virtio_pci_kick_self(struct virtio_pci *v, uint32_t q);

/* ---- back ends in the kernel (vhost): pci_vhost.c ---- */

/**
 * virtio_pci_hand_over - queue @q's notifications and interrupts go to the kernel
 * @kick_fd: out, the eventfd that the guest's notifications signal (ours; do not close)
 * @call_fd: out, the eventfd that interrupts the guest (ours)
 * From type->start() on, until the device is stopped: then virtio_pci_take_back() in stop().
 * Masked or missing vectors are served through the loop meanwhile.
 * Return 0 or -errno.
 */
int virtio_pci_hand_over(struct virtio_pci *v, uint32_t q, int *kick_fd, int *call_fd);
void virtio_pci_take_back(struct virtio_pci *v, uint32_t q);

#endif
