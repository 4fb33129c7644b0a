/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_PCI_H
#define VFIO_PCI_H

/*
 * A PCI function of the guest backed by a VFIO device.
 *
 *   pci.c       configuration: which bits the guest shares with the device and which are ours
 *   pci_slow.c  writes to it in which the host's kernel sleeps: resets, power states, VPD
 *   pci_bars.c  BARs: memory slots over the device's mappings, trapped accesses for the rest
 *   pci_irq.c   MSI and MSI-X: one eventfd a vector, straight into KVM
 *   pci_msix.c  the guest's view of a trapped MSI-X table, and what its mask bits do
 *   pci_intx.c  INTx: level, with three ways to learn of the guest's EOI
 *   pci_news.c  what the host has to say: errors, and that it wants the device back
 */

#include "devices/pci/func.h"
#include "devices/pci/msix.h"
#include "vfio/device.h"
#include "vfio/pe.h"

#define VFIO_PCI_BARS 6 /* regions 0 to 5 */

struct vfio_bar {
	int slots[VFIO_MAX_AREAS]; /* memory slot of each area; -1: none */
	uint64_t addr;             /* bus address that the slots stand for, or PCI_BAR_OFF */
};

/* Offsets of capabilities whose writes may sleep; 0: the function has none. */
struct vfio_slow_caps {
	uint8_t pm, exp, af, vpd;
};

struct vfio_intx {
	bool on;
	int fd, resample_fd;      /* eventfds; -1: none */
	struct loop_timer unmask; /* where nobody tells of the EOI */
	uint64_t delay_ns;        /* grows while the device keeps its line up */
	uint64_t last_ns;
	uint64_t fired; /* those that come to us, ever */
};

struct vfio_pci {
	struct pci_func func;
	struct vfio_device dev;
	struct vfio_pe *pe; /* borrowed */
	struct vfio_bar bars[VFIO_PCI_BARS];
	bool unmapped; /* no BAR has a slot: accesses are trapped */
	bool asleep;   /* in D3hot, where no BAR answers and a mapped one would end the guest */
	bool to_wake;  /* was reset in D3hot, which the host's kernel does not know */
	struct vfio_slow_caps slow;
	struct pci_msix msix; /* the guest's view of a trapped MSI-X table */
	bool msix_trapped;
	int msix_bar, pba_bar;
	uint64_t msix_offset, pba_offset;
	enum pci_msi_kind armed; /* which vectors the device delivers by now */
	int *fds;                /* a masked vector's is not KVM's, and counts what is pending */
	uint32_t nfds;
	uint32_t armed_first;
	struct vfio_intx intx;
	int request_fd, error_fd; /* eventfds; -1: none */
	struct log_limit said_request, said_error, said_slot;
};

/* Nothing is open yet; NULL: no memory. Freed by vfio_pci_close(). */
struct vfio_pci *vfio_pci_new(struct vfio_pe *pe);

/* 0, or -errno after one logged line. vfio_pci_stop() is due then, too. */
int vfio_pci_open(struct vfio_pci *v, const char *bdf, uint8_t devfn, enum vfio_reset how);
void vfio_pci_start(struct vfio_pci *v); /* after it has its place in the PHB */

/* DMA and interrupts off, out of the PHB, reset. The descriptor stays open, see vfio_pe_close(). */
void vfio_pci_stop(struct vfio_pci *v);
void vfio_pci_close(struct vfio_pci *v); /* the last of it, after vfio_pci_stop() */

static inline struct pci_func *vfio_pci_func(struct vfio_pci *v)
{
	return &v->func;
}

/* pci_slow.c */
bool vfio_write_sleeps(struct vfio_pci *v, uint32_t off, uint32_t size, uint32_t value);
/* Without the machine lock, on a vCPU's thread; the function is marked busy. */
void vfio_write_unlocked(struct vfio_pci *v, uint32_t off, uint32_t size, uint32_t value);
/*
 * The image was reset, and so is the device: it is awake. The host's power management does not see
 * every reset: vfio_pci_wake() tells the kernel, once the device answers again, and sleeps meanwhile.
 */
void vfio_pci_was_reset(struct vfio_pci *v);
void vfio_pci_wake(struct vfio_pci *v);

/* pci_bars.c */
void vfio_bars_none(struct vfio_pci *v); /* no BAR has a slot yet; before all others */
int vfio_bars_init(struct vfio_pci *v);
void vfio_bars_close(struct vfio_pci *v);
void vfio_bars_unmap(struct vfio_pci *v); /* until vfio_bars_map() */
void vfio_bars_map(struct vfio_pci *v);
void vfio_bar_moved(struct pci_func *f, int bar);
uint64_t vfio_bar_read(struct pci_func *f, int bar, uint64_t off, uint32_t size);
void vfio_bar_write(struct pci_func *f, int bar, uint64_t off, uint32_t size, uint64_t value);

/* pci_irq.c */
void vfio_irqs_changed(struct vfio_pci *v);
void vfio_irqs_off(struct vfio_pci *v);

/* 0 or -errno: vector @i of those armed goes to KVM, or stays pending in its eventfd. */
static inline int vfio_vector_route(struct vfio_pci *v, uint32_t i, bool on)
{
	return kvm_vm_irqfd(v->pe->env->vm, v->fds[i], v->armed_first + i, on, -1);
}

/* pci_msix.c */
int vfio_msix_init(struct vfio_pci *v);
bool vfio_msix_masked(const struct vfio_pci *v, uint32_t vector);
void vfio_msix_control(struct vfio_pci *v); /* the control word in the image changed */
/* Does a trapped access at @off of @bar concern the table (pending bits) that we keep? */
bool vfio_in_msix_table(const struct vfio_pci *v, int bar, uint64_t off);
bool vfio_in_msix_pba(const struct vfio_pci *v, int bar, uint64_t off);
uint64_t vfio_msix_pba_read(struct vfio_pci *v, uint64_t off, uint32_t size);

/* pci_intx.c */
int vfio_intx_on(struct vfio_pci *v);
void vfio_intx_off(struct vfio_pci *v);

/* pci_news.c: a function whose news cannot be had is used without them, after one logged line. */
void vfio_news_on(struct vfio_pci *v);
void vfio_news_off(struct vfio_pci *v);

#endif
