/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_SYSFS_H
#define VFIO_SYSFS_H

/* What sysfs and /proc say of a host PCI function. @bdf is "dddd:bb:dd.f" throughout. */

#include "vmm/base/types.h"

#define BDF_LEN 13 /* with the NUL */
#define DRIVER_NAME_LEN 32

/* IOMMU group number; -ENOENT: no such function; -ENODEV: it has no group (no IOMMU). */
int sysfs_iommu_group(const char *bdf);

/* Name of the bound driver; "" when there is none. 0 or -errno. */
int sysfs_driver(const char *bdf, char name[DRIVER_NAME_LEN]);

/* Each function of the group to @fn until it returns false. */
int sysfs_group_each(int group, bool (*fn)(void *ctx, const char *bdf), void *ctx);

bool sysfs_driver_loaded(const char *driver); /* of the PCI bus */

/* A one-line attribute of the function, e.g. "class"; 0 or -errno. */
int sysfs_read(const char *bdf, const char *attr, char *buf, size_t size);
/* It answers with all ones: held in reset, cut off, or broken. */
bool sysfs_is_silent(const char *bdf);

/*
 * Its BARs hold all ones. Seen with Linux 6.12 after a function was released whose user had been
 * killed while it was silent; most likely what was saved then has been restored.
 */
bool sysfs_has_lost_bars(const char *bdf);

/* What brings them back, for messages; one argument: the function. */
#define RESCAN "\"echo 1 > /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan\""

int sysfs_write(const char *path, const char *text);

/*
 * in_use.c: what the host itself uses the function for. A disk that is mounted, swap, part of
 * another one, or claimed in any other way; a network card that carries a default route or is part
 * of a bridge, bond or VLAN. True with a text for the user in @why ("/dev/nvme0n1p2 is mounted").
 */
bool sysfs_in_use(const char *bdf, char *why, size_t size);

#endif
