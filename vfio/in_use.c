/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/in_use.h"

#include "vfio/sysfs.h"
#include "vmm/base/dir.h"
#include "vmm/base/file.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN 320
#define FILE_LEN (32 * KiB)
#define SUBSYSTEMS "/sys/class/nvme-subsystem/"

struct use {
	const char *bdf;
	const char *mounts, *swaps;
	const char *dir; /* whose entries are gone through */
	char *why;
	size_t size;
	bool found;
};

/* Does the link of a class device lead through our function? @target: where it leads. */
static bool belongs(const struct use *u, const char *class_path, char target[PATH_LEN])
{
	char part[BDF_LEN + 2];

	snprintf(part, sizeof(part), "/%s/", u->bdf);
	return sys_readlink(class_path, target, PATH_LEN) > 0 && strstr(target, part);
}

/* Of going through a folder: it is there, but cannot be read. */
static bool is_unknown(int r)
{
	return r < 0 && r != -ENOENT;
}

static bool controller_of_ours(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[PATH_LEN], target[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%.32s", u->dir, name);
	if (strncmp(name, "nvme", 4) == 0 && belongs(u, path, target))
		u->found = true;
	return !u->found;
}

/*
 * A disk that several NVMe controllers can reach is a child of its subsystem, a virtual device. It
 * is ours when one of these controllers is.
 */
static bool subsystem_belongs(const struct use *u, const char *target)
{
	const char *name = strstr(target, "/nvme-subsys");
	char dir[PATH_LEN];
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
	char path[PATH_LEN], target[PATH_LEN], holder[64], dev[64];

	snprintf(path, sizeof(path), "/sys/class/block/%.48s", name);
	if (!belongs(u, path, target) && !subsystem_belongs(u, target))
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

/* /proc/net/route: interface, destination, gateway, flags, 3 counters, mask. */
static bool is_default_4(const char *line, char iface[32])
{
	unsigned int dest, mask;

	return sscanf(line, "%31s %x %*s %*s %*s %*s %*s %x", iface, &dest, &mask) == 3 &&
	       dest == 0 && mask == 0;
}

/*
 * /proc/net/ipv6_route: destination, its length, source, its length, gateway, metric, 2 counters,
 * flags, interface.
 */
static bool is_default_6(const char *line, char iface[32])
{
	unsigned int len, flags;
	const unsigned int reject = 0x200;

	return sscanf(line, "%*s %x %*s %*s %*s %*s %*s %*s %x %31s", &len, &flags, iface) == 3 &&
	       len == 0 && !(flags & reject);
}

static bool default_route(const char *path, bool (*is_default)(const char *line, char iface[32]),
			  const char *name, char *text)
{
	char iface[32], *rest = NULL;

	file_read_text(path, text, FILE_LEN);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (is_default(line, iface) && strcmp(iface, name) == 0)
			return true;
	return false;
}

static bool net_in_use(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[PATH_LEN], target[PATH_LEN], upper[64], *text;

	snprintf(path, sizeof(path), "/sys/class/net/%.31s", name);
	if (!belongs(u, path, target))
		return true;
	text = malloc(FILE_LEN);
	if (!text)
		return false;
	u->found = true;
	if (default_route("/proc/net/route", is_default_4, name, text) ||
	    default_route("/proc/net/ipv6_route", is_default_6, name, text))
		snprintf(u->why, u->size,
			 "%.31s carries the default route: \"ip link set %.31s down\"", name, name);
	else if (dir_find(path, "upper_", upper, sizeof(upper)) == 0)
		snprintf(u->why, u->size, "%.31s is part of %s: \"ip link set %.31s nomaster\"",
			 name, upper + strlen("upper_"), name);
	else
		u->found = false;
	free(text);
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
	char *text = malloc(2 * FILE_LEN);
	struct use u = { .bdf = bdf, .why = why, .size = size };

	if (!text)
		return false;
	file_read_text("/proc/mounts", text, FILE_LEN);
	file_read_text("/proc/swaps", text + FILE_LEN, FILE_LEN);
	u.mounts = text;
	u.swaps = text + FILE_LEN;
	look(&u, "/sys/class/block", block_in_use);
	look(&u, "/sys/class/net", net_in_use);
	free(text);
	return u.found;
}
