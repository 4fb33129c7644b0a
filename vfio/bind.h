/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_BIND_H
#define VFIO_BIND_H

/*
 * bind = "auto": a host function leaves its driver for vfio-pci at the start and gets it back at
 * the end. The former driver is written down in /run/spapr-vmm first, so that after a crash the
 * next start still knows it.
 */

#include "vfio/sysfs.h"
#include "vmm/base/finding.h"

struct vfio_bind {
	char bdf[BDF_LEN];
	char former[VFIO_DRIVER_NAME_LEN]; /* "" = it had none */
	bool bound;                        /* by us, in this run */
	bool inherited; /* taken by a run that crashed: given back only if in_use, too */
	bool in_use;    /* the group was opened: no other program has the device */
	bool held;      /* by vfio_bind_hold(): the note has another name */
	int task; /* vmm/base/caretaker.h: rights may be gone when the function is given back */
};

/* The commands that do by hand what vfio_bind_take() does; VFIO_BIND_ARGS() are their arguments. */
#define VFIO_BIND_BY_HAND                                                                          \
	"\"echo vfio-pci > /sys/bus/pci/devices/%s/driver_override; echo %s > "                    \
	"/sys/bus/pci/devices/%s/driver/unbind; echo %s > /sys/bus/pci/drivers_probe\""
#define VFIO_BIND_ARGS(bdf) bdf, bdf, bdf, bdf

/*
 * May the function be taken from its driver? 0; -errno; the reason of either is in @f. Touches
 * nothing, logs nothing. @force: also when the host uses it, which then is a warning in @f.
 */
int vfio_bind_allowed(const char *bdf, bool force, struct finding *f);

/*
 * Take the function from its driver, after vfio_bind_allowed(). 0; or -errno after one logged line,
 * and the function is where it was.
 */
int vfio_bind_take(struct vfio_bind *b, const char *bdf);

/*
 * For a program that runs without rights: take the function as vfio_bind_take() does, and leave it so
 * when this process ends. A later vfio_bind_release() gives it back, to the driver of a note of its
 * own; what a user bound to vfio-pci, and what was given back already, is left alone. 0 or -errno,
 * logged.
 */
int vfio_bind_hold(const char *bdf);
int vfio_bind_release(const char *bdf);

/* Gives back what vfio_bind_take() took. To be called after the device and its group are closed. */
void vfio_bind_give_back(struct vfio_bind *b);

#endif
