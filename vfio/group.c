/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/group.h"

#include "vfio/bind.h"
#include "vfio/sysfs.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

struct search {
	bool (*taken)(void *ctx, const char *bdf);
	void *ctx;
	char bdf[BDF_LEN], driver[VFIO_DRIVER_NAME_LEN];
	bool found;
};

bool vfio_group_harmless(const char *driver)
{
	return !*driver || strncmp(driver, "vfio", 4) == 0 || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}

static bool host_driven(void *ctx, const char *bdf)
{
	struct search *s = ctx;

	if ((s->taken && s->taken(s->ctx, bdf)) || vfio_sysfs_driver(bdf, s->driver) < 0 ||
	    vfio_group_harmless(s->driver))
		return true;
	snprintf(s->bdf, sizeof(s->bdf), "%s", bdf);
	s->found = true;
	return false;
}

int vfio_group_viable(int id, const char *who, bool (*taken)(void *ctx, const char *bdf), void *ctx)
{
	struct search s = { .taken = taken, .ctx = ctx };

	vfio_sysfs_group_each(id, host_driven, &s);
	if (!s.found)
		return 0;
	log_error("vfio %s: group %d is not viable: %s is driven by %s: bind every device of the "
		  "group to vfio-pci, or unbind it (\"echo %s > "
		  "/sys/bus/pci/devices/%s/driver/unbind\")",
		  who, id, s.bdf, s.driver, s.bdf, s.bdf);
	return -EBUSY;
}

static int not_viable(int id, const char *who)
{
	if (vfio_group_viable(id, who, NULL, NULL) == 0)
		log_error("vfio %s: group %d is not viable: bind every device of the group to "
			  "vfio-pci, or "
			  "unbind it",
			  who, id);
	return -EBUSY;
}

static int open_failed(int r, int id, const char *who)
{
	switch (-r) {
	case EBUSY:
		log_error("vfio %s: VFIO group %d is in use by another program: end that first "
			  "(\"fuser "
			  "/dev/vfio/%d\")",
			  who, id, id);
		break;
	case ENOENT:
	case ENODEV:
		log_error("vfio %s: group %d has no device bound to vfio-pci: use bind = \"auto\", "
			  "or " VFIO_BIND_BY_HAND,
			  who, id, VFIO_BIND_ARGS(who));
		break;
	case EACCES:
	case EPERM:
		log_error("vfio %s: /dev/vfio/%d: %s: give this user the right (\"chown USER "
			  "/dev/vfio/%d\")",
			  who, id, strerror(-r), id);
		break;
	default:
		log_error("vfio %s: /dev/vfio/%d: %s", who, id, strerror(-r));
	}
	return r;
}

int vfio_group_open(struct vfio_group *g, struct vfio_container *c, int id, const char *who)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32];
	int r;

	*g = (struct vfio_group){ .fd = -1, .id = id, .container = c };
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	r = sys_open(path, O_RDWR, 0);
	if (r < 0)
		return open_failed(r, id, who);
	g->fd = r;
	r = sys_ioctl(g->fd, VFIO_GROUP_GET_STATUS, &status);
	if (r == 0 && !(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		r = not_viable(id, who);
	else if (r == 0) {
		r = sys_ioctl(g->fd, VFIO_GROUP_SET_CONTAINER, &c->fd);
		if (r == -EBUSY)
			not_viable(id, who);
		else if (r < 0)
			log_error("vfio %s: group %d cannot join a container: %s", who, id,
				  strerror(-r));
	} else {
		log_error("vfio %s: group %d: %s", who, id, strerror(-r));
	}
	g->attached = r == 0;
	if (r < 0)
		vfio_group_close(g);
	return r;
}

void vfio_group_close(struct vfio_group *g)
{
	if (g->attached) {
		int r = sys_ioctl(g->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);

		if (r < 0)
			log_error("vfio group %d does not leave its container: %s", g->id,
				  strerror(-r));
	}
	if (g->fd >= 0)
		sys_close(g->fd);
	g->attached = false;
	g->fd = -1;
}
