/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_PE_H
#define VFIO_PE_H

/*
 * One IOMMU group of the host in the guest: container, group, its functions, its DMA windows, shown
 * as one virtual PHB. One group a container and one container a PHB: no device has another's windows
 * or can clear another's TCEs, and each group can have error recovery.
 *
 * Up:   vfio_pe_init, vfio_pe_take (drivers), vfio_pe_open (container, group, v2), vfio_pe_start
 *       (windows, KVM link: this order keeps KVM's links complete), vfio_pe_add_func,
 *       vfio_pe_register (guest RAM).
 * Down: vfio_pe_stop_functions for all PEs, then vfio_pe_close, where the order that the kernel
 *       demands is spelled.
 */

#include "sphapr/phb.h"
#include "vfio/bind.h"
#include "vfio/container.h"
#include "vfio/group.h"
#include "vfio/memlock.h"
#include "vfio/reset.h"
#include "vmm/base/log_limit.h"
#include "vmm/base/loop.h"
#include "vmm/kvm/vm.h"

#define VFIO_PE_MAX_FUNCS 8

/* Bytes of the default window at most: with a TCE for every 4 KiB, a larger one costs too much. */
#define VFIO_PE_DEFAULT_WINDOW (1 * GiB)

struct vfio_pci;

/* What all passed-through functions share of the machine. Borrowed; constant after set-up. */
struct vfio_env {
	struct kvm_vm *vm;
	int kvm_vfio_fd; /* KVM's VFIO device, which links tables to groups; -1: no table is linked */
	bool unlinked; /* KVM has tables for H_GET_TCE, linked to no group; its H_PUT_TCE is off */
	const struct gmem *mem;
	uint64_t ram_page; /* bytes of the pages behind guest RAM */
	struct spapr *sp;
	struct loop *loop;
	bool resample;                 /* KVM can unmask INTx at the guest's EOI by itself */
	struct vfio_memlock_need need; /* of the whole guest */
	/* The host wants @bdf back. On the I/O thread, under the machine lock; NULL: nobody acts. */
	void (*wanted_back)(void *ctx, const char *bdf);
	void *ctx; /* of it */
};

struct vfio_pe {
	const struct vfio_env *env;
	struct vfio_container container;
	struct vfio_group group;
	struct phb *phb;                           /* the machine's */
	bool in_kvm;                               /* KVM's VFIO device has the group */
	struct vfio_pci *funcs[VFIO_PE_MAX_FUNCS]; /* owned */
	struct vfio_bind binds[VFIO_PE_MAX_FUNCS];
	uint32_t nfuncs, nbinds;
	uint64_t frame; /* bytes of the one host table in which all windows lie; 0: one each */
	uint32_t frame_levels; /* of that table */
	struct log_limit said; /* of windows: the guest makes as many as it likes */
};

/* Opens nothing yet. From here on vfio_pe_close() is due, whatever fails. @env, @phb: borrowed. */
void vfio_pe_init(struct vfio_pe *pe, const struct vfio_env *env, struct phb *phb, int group_id);

/* Take a function of the group from its driver; vfio_pe_close() gives it back. 0 or -errno, logged. */
int vfio_pe_take(struct vfio_pe *pe, const char *bdf);

/* Open the group; @who: one of its functions, for messages. 0, or -errno after one logged line. */
int vfio_pe_open(struct vfio_pe *pe, const char *who);

/*
 * As vfio_pe_open() without a PE: opens @c, puts @g into it, makes it v2, ends a reset in which the
 * group was left. 0; 1: there was such a reset, and @f says so; -errno with its reason in @f. What
 * is open then stays open: vfio_group_close(), vfio_container_close().
 */
int vfio_pe_attach(struct vfio_container *c, struct vfio_group *g, int group_id, const char *who,
		   struct finding *f);

/* Pin all of guest RAM for the group's devices. 0, or -errno after one logged line. */
int vfio_pe_register(struct vfio_pe *pe);

/*
 * Makes the default window, tells the guest what it may make itself (@ddw), fills in PHB and error
 * recovery. 0, or -errno after one logged line.
 */
int vfio_pe_start(struct vfio_pe *pe, bool ddw);

/* Open the function and put it into the PHB at @devfn. */
int vfio_pe_add_func(struct vfio_pe *pe, const char *bdf, uint8_t devfn, enum vfio_reset how);

/* DMA and interrupts off, out of the PHB, reset; descriptors stay. vCPUs must have been stopped. */
void vfio_pe_stop_functions(struct vfio_pe *pe);
void vfio_pe_close(struct vfio_pe *pe);

/* vfio/window.c */
extern const struct dma_backend_ops vfio_window_ops; /* ctx: struct vfio_pe */
struct dma_caps vfio_window_caps(const struct vfio_pe *pe);

/* vfio/eeh.c */
extern const struct eeh_ops vfio_eeh_ops; /* ctx: struct vfio_pe */

/**
 * vfio_eeh_release - take a group's PE out of the reset in which a killed user has left it
 * To be called before a device of the PE is opened. The host knows of no such state: a function that
 * answers with all ones shows it. Return 0: there was no reset; 1: there was, and it is ended;
 * -ENXIO: the function does not answer, whatever is done, or cannot be used as it is. @f says so,
 * unless 0 is returned.
 */
int vfio_eeh_release(struct vfio_container *c, const char *who, struct finding *f);

#endif
