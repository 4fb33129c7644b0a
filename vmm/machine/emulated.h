/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_EMULATED_H
#define VMM_MACHINE_EMULATED_H

/*
 * The emulated devices of a machine: one PHB for all of them, behind those of passed-through
 * devices, with one function for each [[section]] of a device model, in the order of device_models.
 * Here is what they get from KVM and from the machine (struct device_env); what they are is in
 * devices/.
 */

#include "devices/device.h"
#include "sphapr/spapr.h"
#include "vmm/kvm/vm.h"
#include "vmm/machine/options.h"
#include "vmm/machine/ram.h"
#include "vmm/machine/stop.h"

struct dma_backend_ops;

/* What the machine lends. */
struct emulated_env {
	const struct options *opt;
	struct spapr *sp;
	const struct gmem *mem;
	struct ram *ram;
	struct loop *loop;
	struct kvm_vm *vm;
	struct stop *stop;
	bool irqfd;        /* KVM takes interrupts from eventfds */
	bool kvm_tables;   /* KVM has tables for their DMA windows */
	bool kvm_puts;     /* and serves H_PUT_TCE */
	bool host_devices; /* passed-through ones are beside them: RAM is pinned for these */
	bool tree_only;    /* nothing is to run: devices have no need of what is behind them */
};

struct emulated {
	struct emulated_env from;
	struct device_env env; /* what each device gets; its ctx is this struct */
	struct phb *phb;       /* NULL: no emulated device */
	struct device **devs;
	uint32_t ndevs;
};

/* emulated_windows.c; ctx: struct emulated */
extern const struct dma_backend_ops emulated_window_ops;

/*
 * Opens all of them. 0; or -errno, logged, and whose fault it is in *@blame (BLAME_HOST at first).
 * emulated_close() in every case. @env: copied, what it points to outlives @e.
 */
int emulated_open(struct emulated *e, const struct emulated_env *env, enum blame *blame);

/* The path in the tree of the device @name ("disk0"). False: there is none. */
bool emulated_path(const struct emulated *e, const char *name, char *path, size_t size);

/* vCPUs are gone. Waits for requests in flight. Tolerates a half-built one. */
void emulated_close(struct emulated *e);

#endif
