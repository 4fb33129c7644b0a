/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/vfio/N: drivers/vfio/group.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 32

static struct fake_group groups[MAX_GROUPS];
static int ngroups;

void fake_groups_reset(void)
{
	for (int i = 0; i < ngroups; i++)
		if (groups[i].refs)
			abort();
	memset(groups, 0, sizeof(groups));
	ngroups = 0;
}

struct fake_group *fake_groups_each(int *at)
{
	return *at < ngroups ? &groups[(*at)++] : NULL;
}

struct fake_group *fake_group_by_id(int id)
{
	for (int i = 0; i < ngroups; i++)
		if (groups[i].id == id)
			return &groups[i];
	if (ngroups == MAX_GROUPS)
		abort();
	groups[ngroups].id = id;
	return &groups[ngroups++];
}

void fake_group_deny(int group, int err)
{
	fake_group_by_id(group)->deny = err;
}

void fake_group_take(int group, bool taken)
{
	fake_group_by_id(group)->taken = taken;
}

static bool has_vfio_device(const struct fake_group *g)
{
	for (const struct fake_hostdev *d = fake_hostdevs; d; d = d->next)
		if (d->group == g->id && strncmp(d->driver, "vfio", 4) == 0)
			return true;
	return false;
}

bool fake_group_has_node(int id)
{
	return has_vfio_device(fake_group_by_id(id));
}

/* No driver of the host's own may do DMA there. */
bool fake_group_is_viable(const struct fake_group *g)
{
	for (const struct fake_hostdev *d = fake_hostdevs; d; d = d->next)
		if (d->group == g->id && !fake_driver_is_harmless(d->driver))
			return false;
	return true;
}

static void detach(struct fake_group *g)
{
	struct fake_container *c = g->container;

	g->container = NULL;
	fake_container_leave(c);
}

void fake_group_put(struct fake_group *g)
{
	if (--g->refs > 0)
		return;
	if (g->container)
		detach(g);
}

/* vfio_device_remove_group(): with its last device the group leaves its container. */
void fake_group_unbound(struct fake_group *g)
{
	if (has_vfio_device(g) || !g->container)
		return;
	g->container->gone = true;
	detach(g);
}

static int get_status(const struct fake_group *g, struct vfio_group_status *s)
{
	if (s->argsz < sizeof(*s))
		return -EINVAL;
	s->flags = fake_group_is_viable(g) ? VFIO_GROUP_FLAGS_VIABLE : 0;
	if (g->container)
		s->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET | VFIO_GROUP_FLAGS_VIABLE;
	return 0;
}

static int set_container(struct fake_group *g, int fd)
{
	struct fake_container *c;
	int err;

	if (g->container)
		return -EINVAL;
	c = fake_container_of(fd, &err);
	if (!c)
		return err;
	if (!fake_group_is_viable(g))
		return -EBUSY;
	err = fake_container_join(c);
	if (err == 0)
		g->container = c;
	return err;
}

static int unset_container(struct fake_group *g)
{
	if (!g->container)
		return -EINVAL;
	if (g->ndevices)
		return -EBUSY;
	detach(g);
	return 0;
}

static int group_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	struct fake_group *g = f->obj;

	switch (req) {
	case VFIO_GROUP_GET_STATUS:
		return get_status(g, arg);
	case VFIO_GROUP_SET_CONTAINER:
		return set_container(g, *(const int *)arg);
	case VFIO_GROUP_UNSET_CONTAINER:
		return unset_container(g);
	case VFIO_GROUP_GET_DEVICE_FD:
		snprintf(detail, FAKE_DETAIL, "%.40s", (const char *)arg);
		if (!g->container || !g->container->driver)
			return -EINVAL;
		return fake_device_open(g, arg);
	}
	return -ENOTTY;
}

static void describe(struct fake_file *f, unsigned long req, const void *arg, char *text)
{
	(void)arg;
	snprintf(text, FAKE_DETAIL, "VFIO_GROUP_%s %s",
		 req == VFIO_GROUP_GET_STATUS        ? "GET_STATUS"
		 : req == VFIO_GROUP_SET_CONTAINER   ? "SET_CONTAINER"
		 : req == VFIO_GROUP_UNSET_CONTAINER ? "UNSET_CONTAINER"
		 : req == VFIO_GROUP_GET_DEVICE_FD   ? "GET_DEVICE_FD"
						     : "ioctl",
		 f->name);
}

static void group_close(struct fake_file *f)
{
	fake_group_put(f->obj);
}

static const struct fake_ops group_ops = {
	.ioctl = group_ioctl,
	.close = group_close,
	.describe = describe,
};

int fake_group_open(const char *path)
{
	char *end;
	int id = (int)strtol(path + strlen("/dev/vfio/"), &end, 10), fd;
	struct fake_group *g;

	if (*end || end == path + strlen("/dev/vfio/"))
		return -ENOENT;
	g = fake_group_by_id(id);
	if (!g->exists || !has_vfio_device(g))
		return -ENOENT;
	if (g->deny < 0)
		return g->deny;
	if (g->refs || g->taken)
		return -EBUSY;
	fd = fake_file_new(&group_ops, g, 0, "group %d", id);
	g->refs += fd >= 0;
	return fd;
}

struct fake_group *fake_group_of(int fd, int *err)
{
	struct fake_file *f = fake_file_find(fd);

	*err = !f ? -EBADF : f->ops != &group_ops ? -EINVAL : 0;
	return *err ? NULL : f->obj;
}
