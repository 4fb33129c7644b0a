/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_SYSFS_H
#define VFIO_SYSFS_H

/* What sysfs says of a host PCI function. @bdf is "dddd:bb:dd.f" throughout. */

#include "vmm/base/bdf.h"

#define VFIO_DRIVER_NAME_LEN 32

/* IOMMU group number; -ENOENT: no such function; -ENODEV: it has no group (no IOMMU). */
int vfio_sysfs_iommu_group(const char *bdf);

/* Name of the bound driver; "" when there is none. 0 or -errno. */
int vfio_sysfs_driver(const char *bdf, char name[VFIO_DRIVER_NAME_LEN]);

/* Calls @fn for each function of the group until it returns false. */
int vfio_sysfs_group_each(int group, bool (*fn)(void *ctx, const char *bdf), void *ctx);

bool vfio_sysfs_driver_loaded(const char *driver); /* of the PCI bus */

/* A one-line attribute of the function, e.g. "class"; 0 or -errno. */
int vfio_sysfs_read(const char *bdf, const char *attr, char *buf, size_t size);

/* Does the function answer with all ones? Then it is held in reset, cut off, or broken. */
bool vfio_sysfs_is_silent(const char *bdf);

/*
 * Do its BARs hold all ones? Seen with Linux 6.12: the user of a function was killed while the
 * function was silent, then its PE was released. Most likely the kernel restored what it had saved
 * in between.
 */
bool vfio_sysfs_has_lost_bars(const char *bdf);

/* What brings the BARs back, for messages; one argument: the function. */
#define VFIO_RESCAN "\"echo 1 > /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan\""

/* Writes a text to a file of sysfs, at once. 0 or -errno. */
int vfio_sysfs_write(const char *path, const char *text);

#endif
