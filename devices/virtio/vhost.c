/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/vhost.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>

static int set_memory(struct vhost *h, const struct gmem *mem)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region regions[GMEM_MAX_BANKS];
	} table = { .head.nregions = (uint32_t)mem->nbanks };

	for (int i = 0; i < mem->nbanks; i++)
		table.regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = mem->banks[i].base,
			.memory_size = mem->banks[i].size,
			.userspace_addr = (uintptr_t)mem->banks[i].host,
		};
	return sys_ioctl(h->fd, VHOST_SET_MEM_TABLE, &table);
}

int vhost_open(struct vhost *h, const char *path, uint64_t needed, const struct gmem *mem)
{
	int r;

	*h = (struct vhost){ .fd = sys_open(path, O_RDWR, 0) };
	if (h->fd < 0) {
		r = h->fd;
		h->fd = -1;
		return r;
	}
	r = sys_ioctl(h->fd, VHOST_SET_OWNER, NULL);
	if (r == 0)
		r = sys_ioctl(h->fd, VHOST_GET_FEATURES, &h->features);
	if (r == 0 && needed & ~h->features)
		r = -ENOTSUP;
	if (r == 0)
		r = set_memory(h, mem);
	if (r < 0)
		vhost_close(h);
	return r;
}

void vhost_close(struct vhost *h)
{
	if (h->fd >= 0)
		sys_close(h->fd);
	h->fd = -1;
}

int vhost_set_features(struct vhost *h, uint64_t features)
{
	features &= h->features;
	return sys_ioctl(h->fd, VHOST_SET_FEATURES, &features);
}

static int set_ring(struct vhost *h, const struct vhost_queue *q)
{
	struct vhost_vring_state size = { .index = q->index, .num = q->vq->size };
	struct vhost_vring_state base = { .index = q->index, .num = q->vq->next_avail };
	struct vhost_vring_addr addr = {
		.index = q->index,
		.desc_user_addr = (uintptr_t)q->vq->desc_host,
		.avail_user_addr = (uintptr_t)q->vq->avail_host,
		.used_user_addr = (uintptr_t)q->vq->used_host,
	};
	int r = sys_ioctl(h->fd, VHOST_SET_VRING_NUM, &size);

	if (r == 0)
		r = sys_ioctl(h->fd, VHOST_SET_VRING_BASE, &base);
	return r < 0 ? r : sys_ioctl(h->fd, VHOST_SET_VRING_ADDR, &addr);
}

int vhost_set_queue(struct vhost *h, const struct vhost_queue *q)
{
	struct vhost_vring_file kick = { .index = q->index, .fd = q->kick_fd };
	struct vhost_vring_file call = { .index = q->index, .fd = q->call_fd };
	int r = set_ring(h, q);

	if (r == 0)
		r = sys_ioctl(h->fd, VHOST_SET_VRING_CALL, &call);
	return r < 0 ? r : sys_ioctl(h->fd, VHOST_SET_VRING_KICK, &kick);
}

void vhost_drop_queue(struct vhost *h, uint32_t index)
{
	struct vhost_vring_file none = { .index = index, .fd = -1 };

	sys_ioctl(h->fd, VHOST_SET_VRING_KICK, &none);
	sys_ioctl(h->fd, VHOST_SET_VRING_CALL, &none);
}
