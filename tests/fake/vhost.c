/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/vhost.h"

#include "tests/fake/kernel.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define BIT(n) (1ULL << (n))
#define KNOWN                                                                                      \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_RING_F_EVENT_IDX) |    \
	 BIT(VIRTIO_RING_F_INDIRECT_DESC))

static struct {
	bool present, open, owned;
	uint64_t features, memory;
	struct fake_vhost_queue q[2];
} the;

static const struct {
	unsigned long req;
	const char *name;
} names[] = {
#define NAME(n) { n, #n }
	NAME(VHOST_SET_OWNER), NAME(VHOST_GET_FEATURES), NAME(VHOST_SET_FEATURES),
	NAME(VHOST_SET_MEM_TABLE), NAME(VHOST_SET_VRING_NUM), NAME(VHOST_SET_VRING_BASE),
	NAME(VHOST_SET_VRING_ADDR), NAME(VHOST_SET_VRING_KICK), NAME(VHOST_SET_VRING_CALL),
	NAME(VHOST_NET_SET_BACKEND),
#undef NAME
};

void fake_set_vhost(bool present)
{
	the.present = present;
}

const struct fake_vhost_queue *fake_vhost_queue(uint32_t index)
{
	return the.open ? &the.q[index] : NULL;
}

uint64_t fake_vhost_features(void)
{
	return the.features;
}

uint64_t fake_vhost_memory(void)
{
	return the.memory;
}

static int set_memory(const struct vhost_memory *m)
{
	the.memory = 0;
	for (uint32_t i = 0; i < m->nregions; i++) {
		if (!m->regions[i].userspace_addr || m->regions[i].flags_padding)
			return -EFAULT;
		the.memory += m->regions[i].memory_size;
	}
	return m->padding ? -EOPNOTSUPP : 0;
}

/* A descriptor to watch or to signal: -1 takes it away. */
static int set_fd(int *fd, int value)
{
	if (value != -1 && !fake_file_find(value))
		return -EBADF;
	*fd = value;
	return 0;
}

static int set_backend(struct fake_vhost_queue *q, int fd)
{
	if (fd != -1 && (!q->size || !q->has_addr))
		return -EFAULT;
	q->backend = fd;
	return 0;
}

static int queue_ioctl(unsigned long req, const void *arg)
{
	const struct vhost_vring_state *state = arg;
	const struct vhost_vring_file *file = arg;
	const struct vhost_vring_addr *addr = arg;
	uint32_t index = *(const uint32_t *)arg; /* the first field of each */
	struct fake_vhost_queue *q;

	if (index >= ARRAY_LEN(the.q))
		return -ENOBUFS;
	q = &the.q[index];
	switch (req) {
	case VHOST_SET_VRING_NUM:
		if (q->backend != -1)
			return -EBUSY;
		q->size = state->num;
		return is_power_of_2(state->num) && state->num <= 0xffff ? 0 : -EINVAL;
	case VHOST_SET_VRING_BASE:
		return q->backend != -1 ? -EBUSY : state->num > 0xffff ? -EINVAL : 0;
	case VHOST_SET_VRING_ADDR:
		if (addr->flags)
			return -EOPNOTSUPP;
		q->has_addr = addr->desc_user_addr && addr->avail_user_addr && addr->used_user_addr;
		return q->has_addr && addr->used_user_addr % 4 == 0 ? 0 : -EINVAL;
	case VHOST_SET_VRING_KICK:
		return set_fd(&q->kick, file->fd);
	case VHOST_SET_VRING_CALL:
		return set_fd(&q->call, file->fd);
	case VHOST_NET_SET_BACKEND:
		return set_backend(q, file->fd);
	default:
		return -ENOTTY;
	}
}

static int vhost_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	(void)f;
	(void)detail;
	if (req == VHOST_GET_FEATURES) {
		*(uint64_t *)arg = KNOWN;
		return 0;
	}
	if (req == VHOST_SET_OWNER) {
		if (the.owned)
			return -EBUSY;
		the.owned = true;
		return 0;
	}
	if (req == VHOST_SET_FEATURES) {
		the.features = *(uint64_t *)arg;
		return the.features & ~KNOWN ? -EOPNOTSUPP : 0;
	}
	if (!the.owned)
		return -EPERM;
	return req == VHOST_SET_MEM_TABLE ? set_memory(arg) : queue_ioctl(req, arg);
}

static void vhost_describe(struct fake_file *f, unsigned long req, const void *arg, char *text)
{
	(void)f;
	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].req == req)
			snprintf(text, FAKE_DETAIL, "%s vhost-net", names[i].name);
}

static void vhost_close(struct fake_file *f)
{
	(void)f;
	the.open = false;
}

static const struct fake_ops vhost_ops = {
	.ioctl = vhost_ioctl, .close = vhost_close, .describe = vhost_describe,
};

int fake_open_vhost(void)
{
	bool present = the.present;

	if (!present)
		return -ENXIO;
	memset(&the, 0, sizeof(the));
	the.present = the.open = true;
	for (size_t i = 0; i < ARRAY_LEN(the.q); i++)
		the.q[i].kick = the.q[i].call = the.q[i].backend = -1;
	return fake_file_new(&vhost_ops, &the, 0, "vhost-net");
}
