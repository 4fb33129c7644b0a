/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysfs of PCI functions and their drivers: links, folders, and the files by which a driver is bound
 * (drivers/base/bus.c, drivers/pci/pci-driver.c). A write is an order; reads are not served.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "/sys/bus/pci/devices/"
#define DRIVERS "/sys/bus/pci/drivers/"
#define PROBE "/sys/bus/pci/drivers_probe"
#define GROUPS "/sys/kernel/iommu_groups/"
#define CLASS "/sys/class/"
#define MAX_DRIVERS 8
#define MAX_CLASS 8

static struct {
	char drivers[MAX_DRIVERS][32];
	char fail[32];
	int fail_err;
	struct {
		char path[64], target[160];
	} class[MAX_CLASS];
	int nclass;
} sysfs;

void fake_sysfs_reset(void)
{
	static const char *const loaded[] = { "nvme", "e1000e", "pcieport", "pci-stub",
					      "vfio-pci" };

	memset(&sysfs, 0, sizeof(sysfs));
	for (size_t i = 0; i < ARRAY_LEN(loaded); i++)
		strcpy(sysfs.drivers[i], loaded[i]);
}

void fake_driver_unload(const char *driver)
{
	for (int i = 0; i < MAX_DRIVERS; i++)
		if (strcmp(sysfs.drivers[i], driver) == 0)
			sysfs.drivers[i][0] = '\0';
}

void fake_driver_fail(const char *driver, int err)
{
	snprintf(sysfs.fail, sizeof(sysfs.fail), "%s", driver ? driver : "");
	sysfs.fail_err = err;
}

static int driver_fails(const char *driver)
{
	return *driver && strcmp(sysfs.fail, driver) == 0 ? sysfs.fail_err : 0;
}

static bool is_loaded(const char *driver)
{
	for (int i = 0; i < MAX_DRIVERS; i++)
		if (*driver && strcmp(sysfs.drivers[i], driver) == 0)
			return true;
	return false;
}

bool fake_driver_is_harmless(const char *driver)
{
	return !*driver || strncmp(driver, "vfio", 4) == 0 || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}

/* Where the name after @prefix ends; NULL: the path is not there. */
static const char *name_after(const char *path, const char *prefix, char name[32])
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
	return strncmp(path, "/sys/bus/pci", 12) == 0 || strncmp(path, GROUPS, strlen(GROUPS)) == 0 ||
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
	const char *rest = name_after(path, DEVICES, name);

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
	const char *rest = name_after(dir, GROUPS, name);

	if (rest && strcmp(rest, "/devices") == 0)
		return list_group(atoi(name), fn, ctx);
	rest = name_after(dir, DRIVERS, name);
	if (rest && !*rest) {
		if (!is_loaded(name))
			return -ENOENT;
		fn(ctx, "bind");
		return 0;
	}
	return list_class(dir, fn, ctx);
}

/* ---- drivers ---- */

static bool matches(const struct fake_hostdev *d, const char *driver)
{
	return strcmp(*d->override ? d->override : d->native, driver) == 0;
}

static int probe(struct fake_hostdev *d, const char *driver)
{
	int r = driver_fails(driver);

	if (r < 0)
		return r;
	if (!fake_driver_is_harmless(driver) && fake_group_by_id(d->group)->container)
		return -EBUSY; /* the group's DMA is VFIO's */
	snprintf(d->driver, sizeof(d->driver), "%s", driver);
	return 0;
}

static int bind_to(struct fake_hostdev *d, const char *driver)
{
	if (!d || !matches(d, driver))
		return -ENODEV;
	return *d->driver ? -EBUSY : probe(d, driver);
}

static int unbind_from(struct fake_hostdev *d, const char *driver)
{
	int r = driver_fails(driver);

	if (!d || strcmp(d->driver, driver) != 0)
		return -ENODEV;
	if (d->opens) {
		fake_fault("%s is unbound from %s while it is open: the kernel waits for ever",
			   d->bdf, driver);
		return -EBUSY;
	}
	if (r == 0)
		d->driver[0] = '\0';
	return r;
}

/* bus_rescan_devices_helper(): no driver is no error. */
static int probe_any(struct fake_hostdev *d)
{
	const char *driver;

	if (!d)
		return -ENODEV;
	driver = *d->override ? d->override : d->native;
	return *d->driver || !is_loaded(driver) ? 0 : probe(d, driver);
}

static int override(struct fake_hostdev *d, const char *text)
{
	snprintf(d->override, sizeof(d->override), "%.31s", text);
	return 0;
}

struct order {
	char path[160];
};

static int obey(const char *path, const char *text)
{
	char name[32];
	const char *rest = name_after(path, DEVICES, name);

	if (strcmp(path, PROBE) == 0)
		return probe_any(fake_hostdev_find(text));
	if (rest && strcmp(rest, "/driver_override") == 0)
		return override(fake_hostdev_find(name), text);
	rest = name_after(path, DRIVERS, name);
	return strcmp(rest, "/bind") == 0 ? bind_to(fake_hostdev_find(text), name) :
					    unbind_from(fake_hostdev_find(text), name);
}

static ssize_t order_write(struct fake_file *f, const void *buf, size_t len)
{
	const struct order *o = f->obj;
	char text[64];
	int r;

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, len);
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	r = obey(o->path, text);
	return r < 0 ? r : (ssize_t)len;
}

static void order_close(struct fake_file *f)
{
	free(f->obj);
}

static const struct fake_ops order_ops = { .write = order_write, .close = order_close };

static bool is_there(const char *path)
{
	char name[32];
	const char *rest = name_after(path, DEVICES, name);

	if (strcmp(path, PROBE) == 0)
		return true;
	if (rest)
		return strcmp(rest, "/driver_override") == 0 && fake_hostdev_find(name);
	rest = name_after(path, DRIVERS, name);
	return rest && is_loaded(name) &&
	       (strcmp(rest, "/bind") == 0 || strcmp(rest, "/unbind") == 0);
}

int fake_sysfs_open(const char *path)
{
	struct order *o;

	if (!is_there(path))
		return -ENOENT;
	o = calloc(1, sizeof(*o));
	if (!o)
		abort();
	snprintf(o->path, sizeof(o->path), "%s", path);
	return fake_file_new(&order_ops, o, 0, "%.39s", strrchr(path, '/') + 1);
}
