/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/round.h"

void virtio_round_begin(struct virtio_round *r, struct virtio_pci *v, uint32_t q)
{
	*r = (struct virtio_round){ v, q, VIRTIO_ROUND_WORK, VIRTIO_ROUND_CHAINS };
	if (virtio_pci_runs(v))
		virtq_notify_off(virtio_pci_vq(v, q));
}

int virtio_round_pop(struct virtio_round *r, struct virtq_chain *c)
{
	int n = virtio_round_is_over(r) ? 0 : virtio_pci_pop(r->v, r->q, c);

	if (n > 0) {
		r->chains--;
		virtio_round_charge(r, WORK_CHAIN + (uint64_t)WORK_PIECE * c->npieces +
					       (uint64_t)WORK_TCE * c->ntces);
	}
	return n;
}

bool virtio_round_more(struct virtio_round *r)
{
	struct virtq *vq = virtio_pci_vq(r->v, r->q);

	if (virtio_round_is_over(r) || !virtio_pci_runs(r->v) || !virtq_notify_on(vq))
		return false;
	virtq_notify_off(vq);
	return true;
}

void virtio_round_stop(struct virtio_round *r)
{
	virtio_pci_publish(r->v, r->q);
	loop_charge(r->v->env->loop, VIRTIO_ROUND_WORK - r->work);
}

void virtio_round_end(struct virtio_round *r)
{
	virtio_round_stop(r);
	if (virtio_round_is_over(r))
		virtio_pci_kick_self(r->v, r->q);
}
