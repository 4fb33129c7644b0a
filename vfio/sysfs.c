/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/sysfs.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
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

int sysfs_iommu_group(const char *bdf)
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

int sysfs_driver(const char *bdf, char name[DRIVER_NAME_LEN])
{
	int r = link_name(bdf, "driver", name, DRIVER_NAME_LEN);

	if (r == -ENOENT) {
		name[0] = '\0';
		return 0;
	}
	return r;
}

int sysfs_group_each(int group, bool (*fn)(void *ctx, const char *bdf), void *ctx)
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

bool sysfs_driver_loaded(const char *driver)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), DRIVERS "%s", driver);
	return sys_list(path, any_entry, NULL) == 0;
}

/* A whole small file of /proc or /sys as text; "" when it cannot be read. */
static int read_text(const char *path, char *buf, size_t size)
{
	int fd = sys_open(path, O_RDONLY, 0);
	size_t len = 0;
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return fd;
	while (len < size - 1 && (n = sys_read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	sys_close(fd);
	return 0;
}

int sysfs_read(const char *bdf, const char *attr, char *buf, size_t size)
{
	char path[PATH_LEN];
	int r;

	snprintf(path, sizeof(path), DEVICES "%s/%s", bdf, attr);
	r = read_text(path, buf, size);
	buf[strcspn(buf, "\n")] = '\0';
	return r;
}

int sysfs_write(const char *path, const char *text)
{
	int fd = sys_open(path, O_WRONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_write(fd, text, strlen(text));
	sys_close(fd);
	return n < 0 ? (int)n : 0;
}

struct use {
	const char *bdf;
	const char *mounts, *swaps;
	char *why;
	size_t size;
	bool found;
};

/* Does the link of a class device lead through our function? */
static bool belongs(const struct use *u, const char *class_path)
{
	char target[PATH_LEN], part[BDF_LEN + 2];

	snprintf(part, sizeof(part), "/%s/", u->bdf);
	return sys_readlink(class_path, target, sizeof(target)) > 0 && strstr(target, part);
}

static bool named_in(const char *text, const char *dev)
{
	size_t len = strlen(dev);

	for (const char *p = text; (p = strstr(p, dev)); p += len)
		if ((p == text || p[-1] == '\n') && (p[len] == ' ' || p[len] == '\t'))
			return true;
	return false;
}

static bool block_in_use(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[PATH_LEN], dev[64];

	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	if (!belongs(u, path))
		return true;
	snprintf(dev, sizeof(dev), "/dev/%s", name);
	if (named_in(u->mounts, dev)) {
		snprintf(u->why, u->size, "%s is mounted", dev);
		u->found = true;
	} else if (named_in(u->swaps, dev)) {
		snprintf(u->why, u->size, "%s is swap space", dev);
		u->found = true;
	} else {
		/* device mapper or RAID on top of it */
		snprintf(path, sizeof(path), "/sys/class/block/%s/holders", name);
		if (sys_find_entry(path, "", path, sizeof(path)) == 0) {
			snprintf(u->why, u->size, "%s is part of %s", dev, path);
			u->found = true;
		}
	}
	return !u->found;
}

#define FILE_LEN (32 * KiB)

/* Lines of /proc/net/route: interface, destination, ...; destination 0 with mask 0 is the default. */
static bool default_route(struct use *u, char *text)
{
	char iface[32], dest[16], gw[16], path[PATH_LEN], link[PATH_LEN];

	read_text("/proc/net/route", text, FILE_LEN);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%31s %15s %15s", iface, dest, gw) != 3 ||
		    strcmp(dest, "00000000") != 0)
			continue;
		snprintf(path, sizeof(path), "/sys/class/net/%s", iface);
		if (belongs(u, path) && sys_readlink(path, link, sizeof(link)) > 0) {
			snprintf(u->why, u->size, "%s carries the default route", iface);
			return true;
		}
	}
	return false;
}

bool sysfs_in_use(const char *bdf, char *why, size_t size)
{
	char *text = malloc(3 * FILE_LEN);
	struct use u = { .bdf = bdf, .why = why, .size = size };

	if (!text)
		return false;
	read_text("/proc/mounts", text, FILE_LEN);
	read_text("/proc/swaps", text + FILE_LEN, FILE_LEN);
	u.mounts = text;
	u.swaps = text + FILE_LEN;
	sys_list("/sys/class/block", block_in_use, &u);
	if (!u.found)
		u.found = default_route(&u, text + 2 * FILE_LEN);
	free(text);
	return u.found;
}
