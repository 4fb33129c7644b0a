/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/in_use.h"

#include "vfio/in_use_private.h"
#include "vfio/sysfs.h"
#include "vmm/base/dir.h"
#include "vmm/base/file.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBSYSTEMS "/sys/class/nvme-subsystem/"

/* Of going through a folder: it is there, but cannot be read. */
static bool is_unknown(int r)
{
	return r < 0 && r != -ENOENT;
}

static bool controller_of_ours(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[USE_PATH_LEN], target[USE_PATH_LEN];

	snprintf(path, sizeof(path), "%s/%.32s", u->dir, name);
	if (strncmp(name, "nvme", 4) == 0 && use_belongs(u, path, target))
		u->found = true;
	return !u->found;
}

/*
 * A disk that several NVMe controllers can reach is a child of its subsystem, a virtual device. The
 * disk is ours when one of these controllers is.
 */
static bool subsystem_belongs(const struct use *u, const char *target)
{
	const char *name = strstr(target, "/nvme-subsys");
	char dir[USE_PATH_LEN];
	struct use sub = *u;
	int r;

	while (name && strstr(name + 1, "/nvme-subsys"))
		name = strstr(name + 1, "/nvme-subsys");
	if (!name)
		return false;
	snprintf(dir, sizeof(dir), SUBSYSTEMS "%.*s", (int)strcspn(name + 1, "/"), name + 1);
	sub.dir = dir;
	sub.found = false;
	r = sys_list(dir, controller_of_ours, &sub);
	return sub.found || is_unknown(r); /* it may be ours */
}

static bool named_in(const char *text, const char *dev)
{
	size_t len = strlen(dev);

	for (const char *p = text; (p = strstr(p, dev)); p += len)
		if ((p == text || p[-1] == '\n') && (p[len] == ' ' || p[len] == '\t'))
			return true;
	return false;
}

/* A mount, swap, RAID, LVM or ZFS has claimed its block device, and O_EXCL asks for that claim. */
static bool is_claimed(const char *dev)
{
	int fd = sys_open(dev, O_RDONLY | O_EXCL | O_NONBLOCK, 0);

	if (fd >= 0)
		sys_close(fd);
	return fd == -EBUSY;
}

static bool block_in_use(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[USE_PATH_LEN], target[USE_PATH_LEN], holder[64], dev[64];

	snprintf(path, sizeof(path), "/sys/class/block/%.48s", name);
	if (!use_belongs(u, path, target) && !subsystem_belongs(u, target))
		return true;
	snprintf(dev, sizeof(dev), "/dev/%.48s", name);
	snprintf(path, sizeof(path), "/sys/class/block/%.48s/holders", name);
	u->found = true;
	if (named_in(u->mounts, dev))
		snprintf(u->why, u->size, "%s is mounted: \"umount %s\"", dev, dev);
	else if (named_in(u->swaps, dev))
		snprintf(u->why, u->size, "%s is swap space: \"swapoff %s\"", dev, dev);
	else if (dir_find(path, "", holder, sizeof(holder)) == 0)
		snprintf(u->why, u->size, "%s is part of %s: take it out of it", dev, holder);
	else if (is_claimed(dev))
		snprintf(u->why, u->size, "%s is claimed, by a file system or the like: free it",
			 dev);
	else
		u->found = false;
	return !u->found;
}

/* The driver of the function also works for its virtual ones, which go with it. */
static void virtual_functions(struct use *u)
{
	char n[16];

	if (u->found || vfio_sysfs_read(u->bdf, "sriov_numvfs", n, sizeof(n)) < 0 || atoi(n) == 0)
		return;
	u->found = true;
	snprintf(u->why, u->size,
		 "it has %.8s virtual functions: \"echo 0 > /sys/bus/pci/devices/%s/sriov_numvfs\"",
		 n, u->bdf);
}

static bool screen_of_ours(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[USE_PATH_LEN], target[USE_PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/graphics/%.32s", name);
	u->screen |= strncmp(name, "fb", 2) == 0 && use_belongs(u, path, target);
	return true;
}

/* The text console is on frame buffers, on the VGA that firmware began with, or on nothing. */
static bool console_in_use(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[USE_PATH_LEN], text[64], vga[4] = "";

	snprintf(path, sizeof(path), "/sys/class/vtconsole/%.32s/bind", name);
	if (file_read_text(path, text, sizeof(text)) < 0 || *text != '1')
		return true;
	snprintf(path, sizeof(path), "/sys/class/vtconsole/%.32s/name", name);
	file_read_text(path, text, sizeof(text));
	vfio_sysfs_read(u->bdf, "boot_vga", vga, sizeof(vga));
	u->found = strstr(text, "frame buffer") ? u->screen : strstr(text, "VGA") && *vga == '1';
	if (u->found)
		snprintf(
			u->why, u->size,
			"it shows the host's console: \"echo 0 > /sys/class/vtconsole/%.32s/bind\"",
			name);
	return !u->found;
}

/* What cannot be seen may be in use. */
static void look(struct use *u, const char *dir, bool (*fn)(void *ctx, const char *name))
{
	int r;

	if (u->found)
		return;
	r = sys_list(dir, fn, u);
	if (!is_unknown(r))
		return;
	u->found = true;
	snprintf(u->why, u->size, "%s: %s: nobody can tell that it does not", dir, strerror(-r));
}

bool vfio_in_use(const char *bdf, char *why, size_t size)
{
	char *text = malloc(2 * USE_FILE_LEN);
	struct use u = { .bdf = bdf, .why = why, .size = size };

	if (!text)
		return false;
	file_read_text("/proc/mounts", text, USE_FILE_LEN);
	file_read_text("/proc/swaps", text + USE_FILE_LEN, USE_FILE_LEN);
	u.mounts = text;
	u.swaps = text + USE_FILE_LEN;
	look(&u, "/sys/class/block", block_in_use);
	look(&u, "/sys/class/net", vfio_net_in_use);
	virtual_functions(&u);
	look(&u, "/sys/class/graphics", screen_of_ours);
	look(&u, "/sys/class/vtconsole", console_in_use);
	free(text);
	return u.found;
}
