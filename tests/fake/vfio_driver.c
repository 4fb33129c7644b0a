/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers of the PCI bus and the files by which they are bound: drivers/base/bus.c,
 * drivers/pci/pci-driver.c. A write is an order; there is nothing to read.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "/sys/bus/pci/devices/"
#define DRIVERS "/sys/bus/pci/drivers/"
#define PROBE "/sys/bus/pci/drivers_probe"
#define MAX_DRIVERS 8

static struct {
	char loaded[MAX_DRIVERS][32];
	char fail[32];
	int fail_err;
} bus;

void fake_drivers_reset(void)
{
	static const char *const loaded[] = { "nvme", "e1000e", "pcieport", "pci-stub",
					      "vfio-pci" };

	memset(&bus, 0, sizeof(bus));
	for (size_t i = 0; i < ARRAY_LEN(loaded); i++)
		strcpy(bus.loaded[i], loaded[i]);
}

void fake_driver_unload(const char *driver)
{
	for (int i = 0; i < MAX_DRIVERS; i++)
		if (strcmp(bus.loaded[i], driver) == 0)
			bus.loaded[i][0] = '\0';
}

void fake_driver_fail(const char *driver, int err)
{
	snprintf(bus.fail, sizeof(bus.fail), "%s", driver ? driver : "");
	bus.fail_err = err;
}

static int driver_fails(const char *driver)
{
	return *driver && strcmp(bus.fail, driver) == 0 ? bus.fail_err : 0;
}

bool fake_driver_is_loaded(const char *driver)
{
	for (int i = 0; i < MAX_DRIVERS; i++)
		if (*driver && strcmp(bus.loaded[i], driver) == 0)
			return true;
	return false;
}

bool fake_driver_is_harmless(const char *driver)
{
	return !*driver || strncmp(driver, "vfio", 4) == 0 || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}

static bool matches(const struct fake_hostdev *d, const char *driver)
{
	return strcmp(*d->override ? d->override : d->native, driver) == 0;
}

static int probe(struct fake_hostdev *d, const char *driver)
{
	int r = driver_fails(driver);

	if (r < 0)
		return r;
	if (strcmp(driver, "vfio-pci") == 0 && d->config[PCI_HEADER_TYPE] != PCI_HEADER_TYPE_NORMAL)
		return -EINVAL; /* a bridge: drivers/vfio/pci/vfio_pci_core.c */
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
	return *d->driver || !fake_driver_is_loaded(driver) ? 0 : probe(d, driver);
}

static int override(struct fake_hostdev *d, const char *text)
{
	snprintf(d->override, sizeof(d->override), "%.31s", text);
	return 0;
}

struct order {
	char path[160];
	size_t at; /* of a configuration that is read */
};

static int obey(const char *path, const char *text)
{
	char name[32];
	const char *rest = fake_name_after(path, DEVICES, name);

	if (strcmp(path, PROBE) == 0)
		return probe_any(fake_hostdev_find(text));
	if (rest && strcmp(rest, "/driver_override") == 0)
		return override(fake_hostdev_find(name), text);
	rest = fake_name_after(path, DRIVERS, name);
	return strcmp(rest, "/bind") == 0 ? bind_to(fake_hostdev_find(text), name)
					  : unbind_from(fake_hostdev_find(text), name);
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

static ssize_t order_read(struct fake_file *f, void *buf, size_t len)
{
	struct order *o = f->obj;
	char name[32];
	const char *rest = fake_name_after(o->path, DEVICES, name);
	struct fake_hostdev *d = rest ? fake_hostdev_find(name) : NULL;

	if (!d || strcmp(rest, "/config") != 0)
		return -EIO;
	if (len > d->config_size - o->at)
		len = d->config_size - o->at;
	if (len == 0)
		return 0;
	o->at += len;
	return fake_config_read(d, buf, len, o->at - len);
}

static void order_close(struct fake_file *f)
{
	free(f->obj);
}

static const struct fake_ops order_ops = { .read = order_read,
					   .write = order_write,
					   .close = order_close };

static bool is_there(const char *path)
{
	char name[32];
	const char *rest = fake_name_after(path, DEVICES, name);

	if (strcmp(path, PROBE) == 0)
		return true;
	if (rest)
		return (strcmp(rest, "/driver_override") == 0 || strcmp(rest, "/config") == 0) &&
		       fake_hostdev_find(name);
	rest = fake_name_after(path, DRIVERS, name);
	return rest && fake_driver_is_loaded(name) &&
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
