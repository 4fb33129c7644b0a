/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/net/vhost.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define BIT(n) (1ULL << (n))
#define NEEDED (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF))
/* What it has to know of the guest's features; offloads are between the guest and the tap device.
 */
#define ITS_OWN (NEEDED | BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

static int set_memory(struct vhost_net *n, const struct gmem *mem)
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
	return sys_ioctl(n->fd, VHOST_SET_MEM_TABLE, &table);
}

int vhost_net_open(struct vhost_net *n, const struct gmem *mem)
{
	int r;

	*n = (struct vhost_net){ .fd = sys_open(VHOST_NET_PATH, O_RDWR, 0) };
	if (n->fd < 0) {
		r = n->fd;
		n->fd = -1;
		return r;
	}
	r = sys_ioctl(n->fd, VHOST_SET_OWNER, NULL);
	if (r == 0)
		r = sys_ioctl(n->fd, VHOST_GET_FEATURES, &n->features);
	if (r == 0 && NEEDED & ~n->features)
		r = -ENOTSUP;
	if (r == 0)
		r = set_memory(n, mem);
	if (r < 0)
		vhost_net_close(n);
	return r;
}

void vhost_net_close(struct vhost_net *n)
{
	if (n->fd >= 0)
		sys_close(n->fd);
	n->fd = -1;
}

int vhost_net_set_features(struct vhost_net *n, uint64_t features)
{
	features &= n->features & ITS_OWN;
	return sys_ioctl(n->fd, VHOST_SET_FEATURES, &features);
}

static int set_backend(struct vhost_net *n, uint32_t index, int fd)
{
	struct vhost_vring_file file = { .index = index, .fd = fd };

	return sys_ioctl(n->fd, VHOST_NET_SET_BACKEND, &file);
}

static int set_ring(struct vhost_net *n, const struct vhost_queue *q)
{
	struct vhost_vring_state size = { .index = q->index, .num = q->vq->size };
	struct vhost_vring_state base = { .index = q->index, .num = q->vq->next_avail };
	struct vhost_vring_addr addr = {
		.index = q->index,
		.desc_user_addr = (uintptr_t)q->vq->desc_host,
		.avail_user_addr = (uintptr_t)q->vq->avail_host,
		.used_user_addr = (uintptr_t)q->vq->used_host,
	};
	int r = sys_ioctl(n->fd, VHOST_SET_VRING_NUM, &size);

	if (r == 0)
		r = sys_ioctl(n->fd, VHOST_SET_VRING_BASE, &base);
	return r < 0 ? r : sys_ioctl(n->fd, VHOST_SET_VRING_ADDR, &addr);
}

int vhost_net_attach(struct vhost_net *n, const struct vhost_queue *q, int tap_fd)
{
	struct vhost_vring_file kick = { .index = q->index, .fd = q->kick_fd };
	struct vhost_vring_file call = { .index = q->index, .fd = q->call_fd };
	int r = set_ring(n, q);

	if (r == 0)
		r = sys_ioctl(n->fd, VHOST_SET_VRING_CALL, &call);
	if (r == 0)
		r = sys_ioctl(n->fd, VHOST_SET_VRING_KICK, &kick);
	return r < 0 ? r : set_backend(n, q->index, tap_fd);
}

void vhost_net_detach(struct vhost_net *n, uint32_t index)
{
	struct vhost_vring_file none = { .index = index, .fd = -1 };

	set_backend(n, index, -1); /* waits for what it is doing */
	sys_ioctl(n->fd, VHOST_SET_VRING_KICK, &none);
	sys_ioctl(n->fd, VHOST_SET_VRING_CALL, &none);
}
