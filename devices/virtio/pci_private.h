/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_PCI_PRIVATE_H
#define DEVICES_VIRTIO_PCI_PRIVATE_H

/* The parts of the transport to each other. */

#include "devices/virtio/pci.h"

/* The one BAR. A page each, so that nothing shares one with what it should not. */
enum {
	VIRTIO_BAR = 0,
	VIRTIO_BAR_COMMON = 0x0000,
	VIRTIO_BAR_ISR = 0x1000,
	VIRTIO_BAR_DEVICE = 0x2000,
	VIRTIO_BAR_NOTIFY = 0x3000, /* 4 bytes a queue: each has an address, hence an ioeventfd */
	VIRTIO_BAR_MSIX = 0x4000,
	VIRTIO_BAR_PBA = 0x5000,
	VIRTIO_BAR_SIZE = 0x8000,
};

#define VIRTIO_COMMON_SIZE 0x40u /* bytes that the capability announces */
#define VIRTIO_NOTIFY_STRIDE 4u
#define VIRTIO_ISR_QUEUE 1u
#define VIRTIO_ISR_CONFIG 2u

/* pci_state.c */
void virtio_pci_reset_now(struct virtio_pci *v); /* waits here for what is in flight */
void virtio_pci_reset(struct virtio_pci *v);     /* power-on state: MSI-X as well */
void virtio_pci_set_status(struct virtio_pci *v, uint8_t status);
void virtio_pci_master_changed(struct virtio_pci *v, bool master);
void virtio_pci_resume(struct virtio_pci *v); /* the driver notifies: a halted device may go on */
void virtio_pci_enable_queue(struct virtio_pci *v, struct virtio_queue *q);

/* pci_common.c: @size 1 to 8, any @off. */
uint64_t virtio_common_read(struct virtio_pci *v, uint64_t off, uint32_t size);
void virtio_common_write(struct virtio_pci *v, uint64_t off, uint32_t size, uint64_t value);

/* pci_bar.c */
extern const struct pci_func_ops virtio_pci_func_ops;
int virtio_pci_add_caps(struct virtio_pci *v);

/* pci_irq.c */
int virtio_irq_init(struct virtio_pci *v);
void virtio_irq_queue(struct virtio_pci *v, struct virtio_queue *q);
void virtio_irq_config(struct virtio_pci *v);
void virtio_irq_update(struct virtio_pci *v);      /* the function's vectors or enables changed */
uint8_t virtio_irq_read_isr(struct virtio_pci *v); /* and clear it */
void virtio_irq_reset(struct virtio_pci *v);
/* The vector of @q or its handed_over changed. */
void virtio_irq_route(struct virtio_pci *v, struct virtio_queue *q);

/* pci_notify.c */
int virtio_notify_init(struct virtio_pci *v, struct virtio_queue *q);
void virtio_notify_close(struct virtio_pci *v, struct virtio_queue *q);
void virtio_notify_route(struct virtio_pci *v); /* BAR or state changed: ioeventfds follow */
void virtio_notify_kick_all(struct virtio_pci *v);

#endif
