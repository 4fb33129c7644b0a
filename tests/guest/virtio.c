/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Virtual I/O Device (VIRTIO) 1.2, 2.7 and 4.1: all of a device is little-endian. */
#include "virtio.h"

#define PCI_COMMAND 0x04
#define MEMORY_AND_MASTER 6
#define PCI_BAR0 0x10
#define PCI_CAPS 0x34
#define PCI_CAP_VENDOR 9
#define SPACE_MEM64 0x03000000u
#define BAR_STEP 0x100000u /* from one function's to the next one's */
#define POLLS 20000u
#define POLLS_MUST (100 * POLLS)

/* @v, of @size bytes, from our order to the device's, and back. */
static uint64_t le(uint64_t v, uint32_t size)
{
#ifdef __LITTLE_ENDIAN__
	(void)size;
	return v;
#else
	return __builtin_bswap64(v) >> (64 - 8 * size);
#endif
}

uint64_t vdev_gpa(uint32_t off)
{
	return (uintptr_t)machine.scratch + off;
}

uint64_t vdev_read(const struct vdev *d, uint64_t at, uint32_t size)
{
	uint64_t v;

	(void)d;
	machine.calls++;
	switch (size) {
	case 1:
		v = *(volatile uint8_t *)at;
		break;
	case 2:
		v = *(volatile uint16_t *)at;
		break;
	case 4:
		v = *(volatile uint32_t *)at;
		break;
	default:
		v = *(volatile uint64_t *)at;
	}
	return le(v, size);
}

void vdev_write(const struct vdev *d, uint64_t at, uint32_t size, uint64_t value)
{
	(void)d;
	machine.calls++;
	value = le(value, size);
	__asm__ volatile("sync" : : : "memory");
	switch (size) {
	case 1:
		*(volatile uint8_t *)at = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)at = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)at = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)at = value;
	}
}

/* ---- finding it ---- */

/* The bridge's window for 64-bit memory: its bus and its guest address. */
static bool find_window(const char *phb, uint64_t *bus, uint64_t *gpa)
{
	uint32_t len;
	const uint8_t *r = fdt_prop(phb, "ranges", &len);

	for (; r && len >= 28; r += 28, len -= 28) {
		if ((be32(r) & SPACE_MEM64) != SPACE_MEM64)
			continue;
		*bus = be64(r + 4);
		*gpa = be64(r + 12);
		return true;
	}
	return false;
}

/* Where its structures are. All of them are in BAR 0, or this is no device for us. */
static bool find_structures(struct vdev *d)
{
	uint32_t at = bus_read(d->f, PCI_CAPS, 1);

	for (unsigned int n = 0; at && n < 16; n++, at = bus_read(d->f, at + 1, 1)) {
		uint32_t type = bus_read(d->f, at + 3, 1);
		uint64_t place = d->bar + bus_read(d->f, at + 8, 4);

		if (bus_read(d->f, at, 1) != PCI_CAP_VENDOR || bus_read(d->f, at + 4, 1) != 0)
			continue;
		if (type == 1)
			d->common = place;
		else if (type == 2)
			d->notify = place, d->notify_step = bus_read(d->f, at + 16, 4);
		else if (type == 3)
			d->isr = place;
		else if (type == 4)
			d->config = place;
	}
	return d->common && d->notify && d->isr;
}

bool vdev_open(struct vdev *d, unsigned int i)
{
	uint64_t bus, gpa;

	*d = (struct vdev){ .f = &functions[i] };
	if ((bus_read(d->f, 0, 4) & 0xffc0ffff) != 0x10401af4 ||
	    !find_window(d->f->phb, &bus, &gpa))
		return false;
	d->type = (bus_read(d->f, 0, 4) >> 16) - 0x1040;
	bus += (i + 1) * BAR_STEP;
	d->bar = gpa + (i + 1) * BAR_STEP;
	bus_write(d->f, PCI_BAR0, 4, (uint32_t)bus);
	bus_write(d->f, PCI_BAR0 + 4, 4, (uint32_t)(bus >> 32));
	bus_write(d->f, PCI_COMMAND, 2, MEMORY_AND_MASTER);
	return find_structures(d);
}

void vdev_set_master(const struct vdev *d, bool master)
{
	bus_write(d->f, PCI_COMMAND, 2, master ? MEMORY_AND_MASTER : MEMORY_AND_MASTER & ~4);
}

/* ---- its life ---- */

static uint32_t status(const struct vdev *d)
{
	return (uint32_t)vdev_read(d, d->common + R_STATUS, 1);
}

bool vdev_reset(struct vdev *d)
{
	vdev_write(d, d->common + R_STATUS, 1, 0);
	for (uint32_t i = 0; i < POLLS_MUST; i++)
		if (status(d) == 0)
			return true;
	return false;
}

static void accept(const struct vdev *d, uint32_t word, uint32_t mask)
{
	uint32_t offer;

	vdev_write(d, d->common + R_DFSELECT, 4, word);
	offer = (uint32_t)vdev_read(d, d->common + R_DF, 4);
	vdev_write(d, d->common + R_GFSELECT, 4, word);
	vdev_write(d, d->common + R_GF, 4, offer & mask);
}

static void put_address(const struct vdev *d, uint32_t reg, uint32_t off)
{
	vdev_write(d, d->common + reg, 4, (uint32_t)vdev_gpa(off));
	vdev_write(d, d->common + reg + 4, 4, vdev_gpa(off) >> 32);
}

static void set_queue(const struct vdev *d, uint32_t q, uint32_t off)
{
	vdev_write(d, d->common + R_QSELECT, 2, q);
	vdev_write(d, d->common + R_QSIZE, 2, V_QUEUE);
	put_address(d, R_QDESC, V_DESC + off);
	put_address(d, R_QAVAIL, V_AVAIL + off);
	put_address(d, R_QUSED, V_USED + off);
	vdev_write(d, d->common + R_QENABLE, 2, 1);
}

static bool negotiate(struct vdev *d, uint32_t q, bool indirect)
{
	d->queue = q;
	d->avail = 0;
	memset(machine.scratch, 0, SCRATCH_SIZE);
	vdev_write(d, d->common + R_STATUS, 1, S_ACK);
	vdev_write(d, d->common + R_STATUS, 1, S_ACK | S_DRIVER);
	accept(d, 0, indirect ? 1u << 28 : 0);
	accept(d, 1, 1); /* VERSION_1 */
	vdev_write(d, d->common + R_STATUS, 1, S_ACK | S_DRIVER | S_FEATURES_OK);
	return status(d) & S_FEATURES_OK;
}

static void go(const struct vdev *d)
{
	vdev_write(d, d->common + R_STATUS, 1, S_ACK | S_DRIVER | S_FEATURES_OK | S_DRIVER_OK);
}

bool vdev_start(struct vdev *d, uint32_t q, bool indirect)
{
	if (!negotiate(d, q, indirect))
		return false;
	set_queue(d, q, 0);
	go(d);
	return true;
}

bool vdev_start_two(struct vdev *d, uint32_t q, uint32_t other)
{
	if (!negotiate(d, q, true))
		return false;
	set_queue(d, other, V_OTHER);
	set_queue(d, q, 0);
	go(d);
	return true;
}

bool vdev_is_broken(const struct vdev *d)
{
	return status(d) & S_NEEDS_RESET;
}

/* ---- its queue ---- */

static void put16(uint32_t off, uint16_t v)
{
	*(volatile uint16_t *)(machine.scratch + off) = (uint16_t)le(v, 2);
}

static uint16_t get16(uint32_t off)
{
	return (uint16_t)le(*(volatile uint16_t *)(machine.scratch + off), 2);
}

void vdev_desc(uint32_t table, uint32_t i, uint64_t addr, uint32_t len, uint32_t flags,
	       uint32_t next)
{
	uint32_t at = table + 16 * i;

	addr = le(addr, 8);
	len = (uint32_t)le(len, 4);
	memcpy(machine.scratch + at, &addr, 8);
	memcpy(machine.scratch + at + 8, &len, 4);
	put16(at + 12, (uint16_t)flags);
	put16(at + 14, (uint16_t)next);
}

void vdev_offer(struct vdev *d, uint16_t head)
{
	put16(V_AVAIL + 4 + 2 * (d->avail % V_QUEUE), head);
	d->avail++;
	__asm__ volatile("sync" : : : "memory");
	put16(V_AVAIL + 2, d->avail);
}

void vdev_notify(const struct vdev *d, uint32_t q)
{
	vdev_write(d, d->notify + q * d->notify_step, 2, q);
}

uint16_t vdev_used(void)
{
	return get16(V_USED + 2);
}

int vdev_wait(const struct vdev *d, uint16_t used, bool must)
{
	for (uint32_t i = 0; i < (must ? POLLS_MUST : POLLS); i++) {
		if (status(d) & S_NEEDS_RESET)
			return -1;
		if ((uint16_t)(get16(V_USED + 2) - used) - 1u < V_QUEUE)
			return 1;
	}
	return 0;
}
