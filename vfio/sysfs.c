/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/sysfs.h"

#include "vmm/base/file.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "/sys/bus/pci/devices/"
#define DRIVERS "/sys/bus/pci/drivers/"
#define PATH_LEN 320

/* The last part of where a link in the function's folder leads. */
static int link_name(const char *bdf, const char *link, char *name, size_t size)
{
	char path[PATH_LEN], target[PATH_LEN], *last;
	int r;

	snprintf(path, sizeof(path), DEVICES "%s/%s", bdf, link);
	r = sys_readlink(path, target, sizeof(target));
	if (r < 0)
		return r;
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	strcpy(name, last);
	return 0;
}

int vfio_sysfs_iommu_group(const char *bdf)
{
	char path[PATH_LEN], name[16];
	int r;

	snprintf(path, sizeof(path), DEVICES "%s", bdf);
	r = sys_readlink(path, path, sizeof(path));
	if (r < 0)
		return -ENOENT;
	r = link_name(bdf, "iommu_group", name, sizeof(name));
	return r < 0 ? -ENODEV : atoi(name);
}

int vfio_sysfs_driver(const char *bdf, char name[VFIO_DRIVER_NAME_LEN])
{
	int r = link_name(bdf, "driver", name, VFIO_DRIVER_NAME_LEN);

	if (r == -ENOENT) {
		name[0] = '\0';
		return 0;
	}
	return r;
}

int vfio_sysfs_group_each(int group, bool (*fn)(void *ctx, const char *bdf), void *ctx)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices", group);
	return sys_list(path, fn, ctx);
}

static bool any_entry(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return false;
}

bool vfio_sysfs_driver_loaded(const char *driver)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), DRIVERS "%s", driver);
	return sys_list(path, any_entry, NULL) == 0;
}

int vfio_sysfs_read(const char *bdf, const char *attr, char *buf, size_t size)
{
	char path[PATH_LEN];
	int r;

	snprintf(path, sizeof(path), DEVICES "%s/%s", bdf, attr);
	r = file_read_text(path, buf, size);
	buf[strcspn(buf, "\n")] = '\0';
	return r;
}

int vfio_sysfs_write(const char *path, const char *text)
{
	int fd = sys_open(path, O_WRONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_write(fd, text, strlen(text));
	sys_close(fd);
	return n < 0 ? (int)n : 0;
}

bool vfio_sysfs_is_silent(const char *bdf)
{
	char config[4];

	return vfio_sysfs_read(bdf, "config", config, sizeof(config)) == 0 &&
	       memcmp(config, "\xff\xff", 2) == 0;
}

/* The highest MiB below 4 GiB is never a BAR's: message interrupts are written there. */
#define LOST_32 0xfff00000u

bool vfio_sysfs_has_lost_bars(const char *bdf)
{
	uint8_t config[65] = { 0 };

	if (vfio_sysfs_read(bdf, "config", (char *)config, sizeof(config)) < 0)
		return false;
	for (uint32_t at = PCI_BASE_ADDRESS_0; at <= PCI_BASE_ADDRESS_5; at += 4) {
		uint32_t bar = le32_load(config + at);

		if (bar & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		if (bar & PCI_BASE_ADDRESS_MEM_TYPE_64) {
			at += 4;
			if (le32_load(config + at) == UINT32_MAX)
				return true;
		} else if (bar >= LOST_32) {
			return true;
		}
	}
	return false;
}
