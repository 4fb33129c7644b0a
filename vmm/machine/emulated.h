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

struct dma_backend_ops;
struct machine;
struct phb;

struct emulated {
	struct device_env env;
	struct phb *phb; /* NULL: no emulated device */
	struct device **devs;
	uint32_t ndevs;
};

/* emulated_windows.c; ctx: struct machine */
extern const struct dma_backend_ops emulated_window_ops;

/* A phase of the start: 0; or -errno, logged, and whose fault it is (BLAME_HOST at first). */
int emulated_open(struct machine *m, enum blame *blame);

/* vCPUs are gone. Waits for requests in flight. Tolerates a half-built one. */
void emulated_close(struct machine *m);

#endif
