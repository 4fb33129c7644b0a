/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/bind.h"

#include "vfio/in_use.h"
#include "vmm/base/caretaker.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define STATE_DIR "/run/spapr-vmm"
#define VFIO_DRIVER "vfio-pci"
#define PATH_LEN 128

/* Whichever step of it has failed. */
#define GIVE_BACK_BY_HAND                                                                          \
	"\"echo > /sys/bus/pci/devices/%s/driver_override; echo %s > "                             \
	"/sys/bus/pci/devices/%s/driver/unbind; echo %s > /sys/bus/pci/drivers_probe\""

static void state_path(const struct vfio_bind *b, char path[PATH_LEN])
{
	snprintf(path, PATH_LEN, STATE_DIR "/%s.%s", b->bdf, b->held ? "held" : "driver");
}

static int state_write(const struct vfio_bind *b)
{
	char path[PATH_LEN], text[VFIO_DRIVER_NAME_LEN + 1];
	int fd, r;

	sys_mkdir(STATE_DIR, 0755); /* the folder may be there */
	state_path(b, path);
	fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return fd;
	snprintf(text, sizeof(text), "%s\n", b->former);
	r = file_write_all(fd, text, strlen(text));
	sys_close(fd);
	return r;
}

static bool state_read(struct vfio_bind *b)
{
	char path[PATH_LEN];

	state_path(b, path);
	if (file_read_text(path, b->former, sizeof(b->former)) < 0 || b->former[0] == '\0')
		return false;
	b->former[strcspn(b->former, "\n")] = '\0';
	return true;
}

static void state_remove(const struct vfio_bind *b)
{
	char path[PATH_LEN];

	state_path(b, path);
	sys_unlink(path);
}

/* driver_override decides which driver may probe the function; "\n" clears it. */
static int rebind(const char *bdf, const char *from, const char *override, const char *to)
{
	char path[PATH_LEN];
	int r;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	r = vfio_sysfs_write(path, override);
	if (r == 0 && *from) {
		snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/unbind", from);
		r = vfio_sysfs_write(path, bdf);
	}
	if (r == 0 && *to) {
		snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", to);
		r = vfio_sysfs_write(path, bdf);
	}
	return r;
}

static int may_bind(const char *bdf)
{
	char path[PATH_LEN];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	fd = sys_open(path, O_WRONLY, 0);
	if (fd >= 0)
		sys_close(fd);
	return fd < 0 ? fd : 0;
}

/* 0, and @f is as it was; or -errno with its reason in @f. */
static int may_take(const char *bdf, struct finding *f)
{
	int r;

	if (!vfio_sysfs_driver_loaded(VFIO_DRIVER)) {
		finding_fail(f, "vfio", bdf, "the driver " VFIO_DRIVER " is not loaded");
		finding_remedy(f, "\"modprobe " VFIO_DRIVER "\"");
		return -ENODEV;
	}
	r = may_bind(bdf);
	if (r < 0) {
		finding_fail(f, "vfio", bdf, "taking it from its driver: %s", strerror(-r));
		finding_remedy(f, "as root, " VFIO_BIND_BY_HAND ", and set bind = \"manual\"",
			       VFIO_BIND_ARGS(bdf));
	}
	return r;
}

/* @driver: what has it now; "": nothing. */
static int judge_use(const char *bdf, const char *driver, bool force, struct finding *f)
{
	char why[160];

	if (!vfio_in_use(bdf, why, sizeof(why))) {
		finding_ok(f, "vfio", bdf, "driver %s: taken at the start, given back at the end",
			   *driver ? driver : "none");
		return 0;
	}
	if (force) {
		finding_set(f, VERDICT_WARN, "vfio", bdf,
			    "the host uses it, and loses it by force = true: %s", why);
		return 0;
	}
	finding_fail(f, "vfio", bdf, "the host uses it");
	finding_remedy(f, "%s, or take it all the same by force = true", why);
	return -EBUSY;
}

int vfio_bind_allowed(const char *bdf, bool force, struct finding *f)
{
	char driver[VFIO_DRIVER_NAME_LEN];
	int r = vfio_sysfs_driver(bdf, driver);

	if (r < 0) {
		finding_fail(f, "vfio", bdf, "driver: %s", strerror(-r));
		return r;
	}
	if (strcmp(driver, VFIO_DRIVER) == 0) {
		finding_ok(f, "vfio", bdf, "driver %s", driver);
		return 0;
	}
	r = may_take(bdf, f);
	return r < 0 ? r : judge_use(bdf, driver, force, f);
}

static void give_back(void *ctx)
{
	struct vfio_bind *b = ctx;
	char now[VFIO_DRIVER_NAME_LEN];
	int r;

	/*
	 * The driver would touch registers that do not answer: on POWER that can be a machine check.
	 * The note of the former driver stays, so a later start can give the function back.
	 */
	if (vfio_sysfs_is_silent(b->bdf)) {
		log_warn("vfio %s: does not answer, so %s does not get it back: reboot the host",
			 b->bdf, *b->former ? b->former : "no driver");
		return;
	}
	if (vfio_sysfs_has_lost_bars(b->bdf)) {
		log_warn(
			"vfio %s: the host lost its BARs, so %s does not get it back: " VFIO_RESCAN,
			b->bdf, *b->former ? b->former : "no driver", b->bdf);
		return;
	}
	r = vfio_sysfs_driver(b->bdf, now);
	if (r == 0)
		r = rebind(b->bdf, now, "\n", b->former);
	if (r < 0)
		log_warn("vfio %s: giving it back to %s: %s: " GIVE_BACK_BY_HAND, b->bdf,
			 *b->former ? b->former : "no driver", strerror(-r), b->bdf, b->bdf, b->bdf,
			 b->bdf);
	else
		log_info("vfio %s: given back to %s", b->bdf, *b->former ? b->former : "no driver");
	state_remove(b);
}

void vfio_bind_give_back(struct vfio_bind *b)
{
	if (!b->bound && !(b->inherited && b->in_use))
		return;
	caretaker_do(b->task, give_back, b);
	b->bound = b->inherited = false;
}

static int take(struct vfio_bind *b, const char *driver)
{
	int r;

	r = state_write(b);
	if (r < 0)
		log_warn("vfio %s: " STATE_DIR
			 ": %s: after a crash its driver would not be given back",
			 b->bdf, strerror(-r));
	b->bound = true;
	r = rebind(b->bdf, driver, VFIO_DRIVER, VFIO_DRIVER);
	if (r < 0) {
		log_error("vfio %s: binding to " VFIO_DRIVER ": %s: \"dmesg\" says more, "
			  "or bind it yourself and set bind = \"manual\"",
			  b->bdf, strerror(-r));
		vfio_bind_give_back(b);
	}
	return r;
}

int vfio_bind_take(struct vfio_bind *b, const char *bdf)
{
	char driver[VFIO_DRIVER_NAME_LEN];
	int r;

	*b = (struct vfio_bind){ .task = caretaker_add(give_back, b) };
	snprintf(b->bdf, sizeof(b->bdf), "%s", bdf);
	r = vfio_sysfs_driver(bdf, driver);
	if (r < 0) {
		log_error("vfio %s: driver: %s", bdf, strerror(-r));
		return r;
	}
	if (strcmp(driver, VFIO_DRIVER) == 0) {
		b->inherited = state_read(b);
		return 0;
	}
	/* A program that was killed between the two drivers left it without one. */
	if (*driver || !state_read(b))
		snprintf(b->former, sizeof(b->former), "%s", driver);
	r = take(b, driver);
	if (r == 0)
		log_info("vfio %s: taken from %s to " VFIO_DRIVER, bdf,
			 *driver ? driver : "no driver");
	return r;
}

/* A run that crashed knows the former driver, too; from here on this note is the one that counts. */
static void inherit(struct vfio_bind *b, struct vfio_bind *crashed)
{
	if (!state_read(crashed))
		return;
	snprintf(b->former, sizeof(b->former), "%s", crashed->former);
	if (state_write(b) == 0)
		state_remove(crashed);
}

int vfio_bind_hold(const char *bdf)
{
	struct vfio_bind b = { .held = true, .task = -1 }, crashed = { .task = -1 };
	char driver[VFIO_DRIVER_NAME_LEN];
	int r = vfio_sysfs_driver(bdf, driver);

	if (r < 0) {
		log_error("vfio %s: driver: %s", bdf, strerror(-r));
		return r;
	}
	snprintf(b.bdf, sizeof(b.bdf), "%s", bdf);
	snprintf(crashed.bdf, sizeof(crashed.bdf), "%s", bdf);
	if (strcmp(driver, VFIO_DRIVER) == 0) {
		if (!state_read(&b))
			inherit(&b, &crashed);
		return 0;
	}
	if (*driver || (!state_read(&b) && !state_read(&crashed)))
		snprintf(b.former, sizeof(b.former), "%s", driver);
	else if (!b.former[0])
		snprintf(b.former, sizeof(b.former), "%s", crashed.former);
	r = take(&b, driver);
	if (r < 0)
		return r;
	state_remove(&crashed);
	log_info("vfio %s: taken from %s to " VFIO_DRIVER, bdf, *driver ? driver : "no driver");
	return 0;
}

int vfio_bind_release(const char *bdf)
{
	struct vfio_bind b = { .held = true, .task = -1 };
	char driver[VFIO_DRIVER_NAME_LEN];

	snprintf(b.bdf, sizeof(b.bdf), "%s", bdf);
	if (vfio_sysfs_driver(bdf, driver) < 0 || !state_read(&b))
		return 0;
	if (strcmp(driver, VFIO_DRIVER) == 0)
		give_back(&b);
	else
		state_remove(&b);
	return vfio_sysfs_driver(bdf, driver) == 0 && strcmp(driver, VFIO_DRIVER) == 0 ? -EIO : 0;
}
