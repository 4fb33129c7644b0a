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
	int id;
	const char *who;
	struct finding *f;
	int r;
};

/* A driver with which a group is viable: none, VFIO's own, and those that leave the device alone. */
static bool is_harmless(const char *driver)
{
	return !*driver || strncmp(driver, "vfio", 4) == 0 || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}

int vfio_group_member(int id, const char *who, const char *bdf, struct finding *f)
{
	char driver[VFIO_DRIVER_NAME_LEN] = "";

	if (vfio_sysfs_driver(bdf, driver) < 0 || is_harmless(driver)) {
		finding_ok(f, "vfio", bdf, "driver %s", *driver ? driver : "none");
		return 0;
	}
	finding_fail(f, "vfio", who, "group %d is not viable: %s is driven by %s", id, bdf, driver);
	finding_remedy(f,
		       "bind every device of the group to vfio-pci, or unbind it "
		       "(\"echo %s > /sys/bus/pci/devices/%s/driver/unbind\")",
		       bdf, bdf);
	return -EBUSY;
}

static bool is_viable_with(void *ctx, const char *bdf)
{
	struct search *s = ctx;

	s->r = vfio_group_member(s->id, s->who, bdf, s->f);
	return s->r == 0;
}

/* The kernel has said so. @f names the function whose driver is in the way, if that is still seen. */
static int not_viable(int id, const char *who, struct finding *f)
{
	struct search s = { id, who, f, 0 };

	vfio_sysfs_group_each(id, is_viable_with, &s);
	if (s.r == 0) {
		finding_fail(f, "vfio", who, "group %d is not viable", id);
		finding_remedy(f, "bind every device of the group to vfio-pci, or unbind it");
	}
	return -EBUSY;
}

static int open_failed(int r, int id, const char *who, struct finding *f)
{
	char owner[80];

	switch (-r) {
	case EBUSY:
		finding_fail(f, "vfio", who, "VFIO group %d is in use by another program", id);
		finding_remedy(f, "end that first (\"fuser /dev/vfio/%d\")", id);
		break;
	case ENOENT:
	case ENODEV:
		finding_fail(f, "vfio", who, "group %d has no device bound to vfio-pci", id);
		finding_remedy(f, "use bind = \"auto\", or " VFIO_BIND_BY_HAND,
			       VFIO_BIND_ARGS(who));
		break;
	case EACCES:
	case EPERM:
		finding_fail(f, "vfio", who, "/dev/vfio/%d: %s", id, strerror(-r));
		snprintf(owner, sizeof(owner),
			 "give this user the right (\"chown USER /dev/vfio/%d\")", id);
		finding_remedy_node(f, r, "char-vfio", owner);
		break;
	default:
		finding_fail(f, "vfio", who, "/dev/vfio/%d: %s", id, strerror(-r));
	}
	return r;
}

int vfio_group_open_node(int id, const char *who, struct finding *f)
{
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	r = sys_open(path, O_RDWR, 0);
	return r < 0 ? open_failed(r, id, who, f) : r;
}

static int join(struct vfio_group *g, const char *who, struct finding *f)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int r = sys_ioctl(g->fd, VFIO_GROUP_GET_STATUS, &status);

	if (r < 0) {
		finding_fail(f, "vfio", who, "group %d: %s", g->id, strerror(-r));
		return r;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return not_viable(g->id, who, f);
	r = sys_ioctl(g->fd, VFIO_GROUP_SET_CONTAINER, &g->container->fd);
	if (r == -EBUSY)
		return not_viable(g->id, who, f);
	if (r < 0)
		finding_fail(f, "vfio", who, "group %d cannot join a container: %s", g->id,
			     strerror(-r));
	return r;
}

int vfio_group_open(struct vfio_group *g, struct vfio_container *c, int id, const char *who,
		    struct finding *f)
{
	int r;

	*g = (struct vfio_group){ .fd = -1, .id = id, .container = c };
	r = vfio_group_open_node(id, who, f);
	if (r < 0)
		return r;
	g->fd = r;
	r = join(g, who, f);
	g->attached = r == 0;
	if (r < 0)
		vfio_group_close(g);
	return r;
}

void vfio_group_close(struct vfio_group *g)
{
	if (g->attached) {
		int r = sys_ioctl(g->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);

		/* -EINVAL: the host has unbound the last device meanwhile, and the kernel has detached it. */
		if (r < 0 && r != -EINVAL)
			log_error("vfio group %d does not leave its container: %s", g->id,
				  strerror(-r));
	}
	if (g->fd >= 0)
		sys_close(g->fd);
	g->attached = false;
	g->fd = -1;
}
