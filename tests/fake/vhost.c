/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/vhost.h"

#include "tests/fake/kernel.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>
#include <string.h>

#define KNOWN                                                                                      \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_RING_F_EVENT_IDX) |    \
	 BIT(VIRTIO_RING_F_INDIRECT_DESC))

#define VSOCK_KNOWN                                                                                \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_EVENT_IDX) |                                  \
	 BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_VSOCK_F_SEQPACKET))

struct vhost {
	const char *name;
	uint64_t known;
	bool present, open, owned;
	uint64_t features, memory;
	struct fake_vhost_queue q[2];
	uint64_t cid; /* of a vsock; 0: none yet */
	bool running;
};

static struct vhost net = { .name = "vhost-net", .known = KNOWN };
static struct vhost vsock = { .name = "vhost-vsock", .known = VSOCK_KNOWN };
static uint64_t taken_cid;

static const struct {
	unsigned long req;
	const char *name;
} names[] = {
#define NAME(n) { n, #n }
	NAME(VHOST_SET_OWNER),       NAME(VHOST_GET_FEATURES),        NAME(VHOST_SET_FEATURES),
	NAME(VHOST_SET_MEM_TABLE),   NAME(VHOST_SET_VRING_NUM),       NAME(VHOST_SET_VRING_BASE),
	NAME(VHOST_SET_VRING_ADDR),  NAME(VHOST_SET_VRING_KICK),      NAME(VHOST_SET_VRING_CALL),
	NAME(VHOST_NET_SET_BACKEND), NAME(VHOST_VSOCK_SET_GUEST_CID), NAME(VHOST_VSOCK_SET_RUNNING),
#undef NAME
};

void fake_set_vhost(bool present)
{
	net.present = present;
}

void fake_set_vhost_vsock(bool present, uint64_t cid_of_another)
{
	vsock.present = present;
	taken_cid = cid_of_another;
}

const struct fake_vhost_queue *fake_vhost_queue(uint32_t index)
{
	return net.open ? &net.q[index] : NULL;
}

const struct fake_vhost_queue *fake_vhost_vsock_queue(uint32_t index)
{
	return vsock.open ? &vsock.q[index] : NULL;
}

uint64_t fake_vhost_vsock_cid(void)
{
	return vsock.open ? vsock.cid : 0;
}

bool fake_vhost_vsock_runs(void)
{
	return vsock.open && vsock.running;
}

uint64_t fake_vhost_features(void)
{
	return net.features;
}

uint64_t fake_vhost_memory(void)
{
	return net.memory;
}

static int set_memory(struct vhost *h, const struct vhost_memory *m)
{
	h->memory = 0;
	for (uint32_t i = 0; i < m->nregions; i++) {
		if (!m->regions[i].userspace_addr || m->regions[i].flags_padding)
			return -EFAULT;
		h->memory += m->regions[i].memory_size;
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

static int queue_ioctl(struct vhost *h, unsigned long req, const void *arg)
{
	const struct vhost_vring_state *state = arg;
	const struct vhost_vring_file *file = arg;
	const struct vhost_vring_addr *addr = arg;
	uint32_t index = *(const uint32_t *)arg; /* the first field of each */
	struct fake_vhost_queue *q;

	if (index >= ARRAY_LEN(h->q))
		return -ENOBUFS;
	q = &h->q[index];
	switch (req) {
	case VHOST_SET_VRING_NUM:
		if (q->backend != -1 || h->running)
			return -EBUSY;
		q->size = state->num;
		return is_power_of_2(state->num) && state->num <= 0xffff ? 0 : -EINVAL;
	case VHOST_SET_VRING_BASE:
		return q->backend != -1 || h->running ? -EBUSY : state->num > 0xffff ? -EINVAL : 0;
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
		return h != &net ? -ENOTTY : set_backend(q, file->fd);
	default:
		return -ENOTTY;
	}
}

/* As the kernel: it starts only with both rings where it can reach them. */
static int set_running(struct vhost *h, int on)
{
	for (size_t i = 0; on && i < ARRAY_LEN(h->q); i++)
		if (!h->q[i].size || !h->q[i].has_addr)
			return -EFAULT;
	h->running = on;
	return 0;
}

static int set_cid(struct vhost *h, uint64_t cid)
{
	if (cid <= VMADDR_CID_HOST || cid >= VMADDR_CID_ANY)
		return -EINVAL;
	if (cid == taken_cid)
		return -EADDRINUSE;
	h->cid = cid;
	return 0;
}

static int vhost_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	struct vhost *h = f->obj;

	(void)detail;
	if (req == VHOST_GET_FEATURES) {
		*(uint64_t *)arg = h->known;
		return 0;
	}
	if (req == VHOST_SET_OWNER) {
		if (h->owned)
			return -EBUSY;
		h->owned = true;
		return 0;
	}
	if (req == VHOST_SET_FEATURES) {
		h->features = *(uint64_t *)arg;
		return h->features & ~h->known ? -EOPNOTSUPP : 0;
	}
	if (h == &vsock && req == VHOST_VSOCK_SET_GUEST_CID)
		return set_cid(h, *(uint64_t *)arg);
	if (!h->owned)
		return -EPERM;
	if (h == &vsock && req == VHOST_VSOCK_SET_RUNNING)
		return set_running(h, *(int *)arg);
	return req == VHOST_SET_MEM_TABLE ? set_memory(h, arg) : queue_ioctl(h, req, arg);
}

static void vhost_describe(struct fake_file *f, unsigned long req, const void *arg, char *text)
{
	const struct vhost *h = f->obj;

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].req == req)
			snprintf(text, FAKE_DETAIL, "%s %s", names[i].name, h->name);
}

static void vhost_close(struct fake_file *f)
{
	((struct vhost *)f->obj)->open = false;
}

static const struct fake_ops vhost_ops = {
	.ioctl = vhost_ioctl,
	.close = vhost_close,
	.describe = vhost_describe,
};

/* Without vhost in the kernel nobody answers. */
static int open_one(struct vhost *h)
{
	if (!h->present)
		return -ENXIO;
	*h = (struct vhost){ .name = h->name, .known = h->known, .present = true, .open = true };
	for (size_t i = 0; i < ARRAY_LEN(h->q); i++)
		h->q[i].kick = h->q[i].call = h->q[i].backend = -1;
	return fake_file_new(&vhost_ops, h, 0, h->name);
}

int fake_open_vhost(void)
{
	return open_one(&net);
}

int fake_open_vhost_vsock(void)
{
	return open_one(&vsock);
}
