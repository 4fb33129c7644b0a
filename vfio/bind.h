/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_BIND_H
#define VFIO_BIND_H

/*
 * bind = "auto": a host function leaves its driver for vfio-pci at the start and gets it back at
 * the end. The former driver is written down in /run/spapr-vmm first, so that after a crash the
 * next start still knows it.
 */

#include "vfio/sysfs.h"

struct vfio_bind {
	char bdf[BDF_LEN];
	char former[DRIVER_NAME_LEN]; /* "" = it had none */
	bool bound;    /* by us, in this run */
	bool inherited; /* by a run that crashed: given back only once the device is really ours */
	bool in_use;    /* the group was opened: the device is ours */
};

/* 0, or -errno after one logged line; then the function is where it was. */
int bind_take(struct vfio_bind *b, const char *bdf);

/* Give the driver back if bind_take() took it. After the device and its group are closed. */
void bind_give_back(struct vfio_bind *b);

#endif
