/* SPDX-License-Identifier: BSD-2-Clause */
/* sysfs of PCI functions, groups and class devices: links and folders. Its files: vfio_driver.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "/sys/bus/pci/devices/"
#define DRIVERS "/sys/bus/pci/drivers/"
#define GROUPS "/sys/kernel/iommu_groups/"
#define CLASS "/sys/class/"
#define MAX_CLASS 8

static struct {
	struct {
		char path[64], target[160];
	} class[MAX_CLASS];
	int nclass;
} sysfs;

void fake_sysfs_reset(void)
{
	memset(&sysfs, 0, sizeof(sysfs));
	fake_drivers_reset();
}

/* Where the name after @prefix ends; NULL: the path is not there. */
const char *fake_name_after(const char *path, const char *prefix, char name[32])
{
	size_t n = strlen(prefix), len;

	if (strncmp(path, prefix, n) != 0)
		return NULL;
	len = strcspn(path + n, "/");
	if (len == 0 || len > 31)
		return NULL;
	memcpy(name, path + n, len);
	name[len] = '\0';
	return path + n + len;
}

bool fake_sysfs_owns(const char *path)
{
	return strncmp(path, "/sys/bus/pci", 12) == 0 ||
	       strncmp(path, GROUPS, strlen(GROUPS)) == 0 ||
	       strncmp(path, CLASS, strlen(CLASS)) == 0;
}

/* ---- links and folders ---- */

void fake_class_device(const char *class, const char *name, const char *bdf)
{
	if (sysfs.nclass == MAX_CLASS)
		abort();
	snprintf(sysfs.class[sysfs.nclass].path, sizeof(sysfs.class[0].path), CLASS "%.30s/%.20s",
		 class, name);
	snprintf(sysfs.class[sysfs.nclass++].target, sizeof(sysfs.class[0].target),
		 "../../devices/pci%.7s/%.12s/%.16s/%.20s/%.20s", bdf, bdf, class, name, name);
}

void fake_class_link(const char *path, const char *target)
{
	if (sysfs.nclass == MAX_CLASS)
		abort();
	snprintf(sysfs.class[sysfs.nclass].path, sizeof(sysfs.class[0].path), CLASS "%.50s", path);
	snprintf(sysfs.class[sysfs.nclass++].target, sizeof(sysfs.class[0].target), "%.150s",
		 target);
}

static int answer(char *buf, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(buf, text, len + 1);
	return (int)len;
}

int fake_sysfs_readlink(const char *path, char *buf, size_t size)
{
	const struct fake_hostdev *d;
	char name[32], text[160];
	const char *rest = fake_name_after(path, DEVICES, name);

	for (int i = 0; i < sysfs.nclass; i++)
		if (strcmp(sysfs.class[i].path, path) == 0)
			return answer(buf, size, sysfs.class[i].target);
	d = rest ? fake_hostdev_find(name) : NULL;
	if (!d)
		return -ENOENT;
	if (!*rest)
		snprintf(text, sizeof(text), "../../../devices/pci%.7s/%s", d->bdf, d->bdf);
	else if (strcmp(rest, "/iommu_group") == 0 && d->group >= 0)
		snprintf(text, sizeof(text), "../../../../kernel/iommu_groups/%d", d->group);
	else if (strcmp(rest, "/driver") == 0 && *d->driver)
		snprintf(text, sizeof(text), "../../../../bus/pci/drivers/%s", d->driver);
	else
		return -ENOENT;
	return answer(buf, size, text);
}

static int list_group(int group, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	bool any = false;

	for (const struct fake_hostdev *d = fake_hostdevs; d; d = d->next) {
		if (d->group != group)
			continue;
		any = true;
		if (!fn(ctx, d->bdf))
			break;
	}
	return any ? 0 : -ENOENT;
}

static int list_class(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	size_t len = strlen(dir);
	char found[MAX_CLASS][32];
	int n = 0;

	for (int i = 0; i < sysfs.nclass; i++)
		if (strncmp(sysfs.class[i].path, dir, len) == 0 &&
		    sysfs.class[i].path[len] == '/' && !strchr(sysfs.class[i].path + len + 1, '/'))
			snprintf(found[n++], sizeof(found[0]), "%.31s",
				 sysfs.class[i].path + len + 1);
	for (int i = 0; i < n && fn(ctx, found[i]); i++)
		;
	return n ? 0 : -ENOENT;
}

/* fake_lock is not held by the caller: @fn may call the seam again. */
int fake_sysfs_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	char name[32];
	const char *rest = fake_name_after(dir, GROUPS, name);

	if (rest && strcmp(rest, "/devices") == 0)
		return list_group(atoi(name), fn, ctx);
	rest = fake_name_after(dir, DRIVERS, name);
	if (rest && !*rest) {
		if (!fake_driver_is_loaded(name))
			return -ENOENT;
		fn(ctx, "bind");
		return 0;
	}
	return list_class(dir, fn, ctx);
}
