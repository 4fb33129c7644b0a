/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk as SLOF reads one: by hypercalls and RTAS alone, without an interrupt. */
#include "tests/unit/vmm/machine/fixture.h"

#include "sphapr/hcall.h"
#include "vmm/machine/machine_impl.h"

#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stddef.h>

#define QUEUE 0x200000ULL
#define HEADER 0x300000ULL
#define DATA 0x301000ULL
#define STATUS 0x302000ULL
#define TRIES 1000 /* of a millisecond */

#define COMMON(field) offsetof(struct virtio_pci_common_cfg, field)

/* Where the parts of the BAR are, by type of capability. */
struct driver {
	uint64_t at[VIRTIO_PCI_CAP_PCI_CFG + 1];
	uint32_t notify_multiplier;
	uint32_t qsize;
};

static uint32_t config(struct guest *g, uint32_t reg, uint32_t size)
{
	guest_rtas(g, "ibm,read-pci-config", 4, 2, reg, (uint32_t)(PHB_BUID_BASE >> 32),
		   (uint32_t)PHB_BUID_BASE, size);
	return (uint32_t)g->args[1];
}

static void set_config(struct guest *g, uint32_t reg, uint32_t size, uint32_t value)
{
	guest_rtas(g, "ibm,write-pci-config", 5, 1, reg, (uint32_t)(PHB_BUID_BASE >> 32),
		   (uint32_t)PHB_BUID_BASE, size, value);
}

/* Registers of the device are little-endian, and the calls big-endian. */
static uint64_t swapped(uint64_t v, uint32_t size)
{
	return __builtin_bswap64(v) >> (64 - 8 * size);
}

static uint64_t load(struct guest *g, uint64_t at, uint32_t size)
{
	guest_check(guest_hcall(g, H_LOGICAL_CI_LOAD, 2, (uint64_t)size, at) == 0, "load");
	return swapped(g->args[0], size);
}

static void store(struct guest *g, uint64_t at, uint32_t size, uint64_t v)
{
	guest_check(guest_hcall(g, H_LOGICAL_CI_STORE, 3, (uint64_t)size, at, swapped(v, size)) ==
			    0,
		    "store");
}

/* Places the BAR, and reads the list of capabilities byte by byte. */
static void find_parts(struct guest *g, struct driver *d)
{
	struct phb_range r = phb_range(0, PHB_MEM64);
	uint32_t cap = config(g, PCI_CAPABILITY_LIST, 1);

	set_config(g, PCI_BASE_ADDRESS_0, 4, (uint32_t)r.bus);
	set_config(g, PCI_BASE_ADDRESS_1, 4, (uint32_t)(r.bus >> 32));
	set_config(g, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (; cap; cap = config(g, cap + PCI_CAP_LIST_NEXT, 1)) {
		uint32_t type = config(g, cap + offsetof(struct virtio_pci_cap, cfg_type), 1);

		if (config(g, cap, 1) != PCI_CAP_ID_VNDR || type > VIRTIO_PCI_CAP_PCI_CFG)
			continue;
		d->at[type] = r.gpa + config(g, cap + offsetof(struct virtio_pci_cap, offset), 4);
		if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
			d->notify_multiplier =
				config(g, cap + (uint32_t)sizeof(struct virtio_pci_cap), 4);
	}
}

static void agree(struct guest *g, const struct driver *d)
{
	uint64_t c = d->at[VIRTIO_PCI_CAP_COMMON_CFG];
	uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	store(g, c + COMMON(device_status), 1, 0);
	store(g, c + COMMON(device_status), 1, status);
	store(g, c + COMMON(guest_feature_select), 4, 1);
	store(g, c + COMMON(guest_feature), 4, 1); /* virtio 1 */
	store(g, c + COMMON(guest_feature_select), 4, 0);
	store(g, c + COMMON(guest_feature), 4, 1 << VIRTIO_BLK_F_BLK_SIZE);
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	store(g, c + COMMON(device_status), 1, status);
	guest_check(load(g, c + COMMON(device_status), 1) == status, "features");
}

static void set_up_queue(struct guest *g, struct driver *d)
{
	uint64_t c = d->at[VIRTIO_PCI_CAP_COMMON_CFG], avail, used;

	store(g, c + COMMON(queue_select), 2, 0);
	d->qsize = (uint32_t)load(g, c + COMMON(queue_size), 2);
	avail = QUEUE + 16ULL * d->qsize;
	used = (avail + 4 + 2ULL * d->qsize + 4095) & ~4095ULL;
	store(g, c + COMMON(queue_desc_lo), 4, QUEUE);
	store(g, c + COMMON(queue_desc_hi), 4, 0);
	store(g, c + COMMON(queue_avail_lo), 4, avail);
	store(g, c + COMMON(queue_avail_hi), 4, 0);
	store(g, c + COMMON(queue_used_lo), 4, used);
	store(g, c + COMMON(queue_used_hi), 4, 0);
	store(g, c + COMMON(queue_enable), 2, 1);
	guest_store(g, avail, 2, swapped(VRING_AVAIL_F_NO_INTERRUPT, 2));
	store(g, c + COMMON(device_status), 1,
	      load(g, c + COMMON(device_status), 1) | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void put_desc(struct guest *g, uint32_t i, uint64_t at, uint32_t len, uint16_t flags)
{
	uint8_t desc[16];

	le64_store(desc, at);
	le32_store(desc + 8, len);
	le16_store(desc + 12, flags);
	le16_store(desc + 14, (uint16_t)(i + 1));
	guest_write(g, QUEUE + 16ULL * i, desc, sizeof(desc));
}

/* Every request of SLOF's has the bit of older devices. @n: how many there were. */
static bool reads_a_sector(struct guest *g, const struct driver *d, uint16_t n)
{
	uint64_t avail = QUEUE + 16ULL * d->qsize;
	uint64_t used = (avail + 4 + 2ULL * d->qsize + 4095) & ~4095ULL;
	uint64_t off = load(g, d->at[VIRTIO_PCI_CAP_COMMON_CFG] + COMMON(queue_notify_off), 2);

	guest_store(g, HEADER, 4, swapped(VIRTIO_BLK_T_IN | VIRTIO_BLK_T_BARRIER, 4));
	guest_store(g, HEADER + 8, 8, 0);
	guest_store(g, STATUS, 1, 0xff);
	put_desc(g, 0, HEADER, 16, VRING_DESC_F_NEXT);
	put_desc(g, 1, DATA, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	put_desc(g, 2, STATUS, 1, VRING_DESC_F_WRITE);
	guest_store(g, avail + 4 + 2ULL * n, 2, 0);
	guest_store(g, avail + 2, 2, swapped(n + 1, 2));
	store(g, d->at[VIRTIO_PCI_CAP_NOTIFY_CFG] + off * d->notify_multiplier, 2, 0);
	for (int i = 0; i < TRIES && guest_load(g, used + 2, 2) == swapped(n, 2); i++)
		guest_wait_ms(g, 1);
	return guest_load(g, STATUS, 1) == VIRTIO_BLK_S_OK;
}

static void reads(struct guest *g)
{
	struct driver d = { .qsize = 0 };
	char mark[4];

	find_parts(g, &d);
	guest_check(d.at[VIRTIO_PCI_CAP_COMMON_CFG] && d.at[VIRTIO_PCI_CAP_NOTIFY_CFG], "parts");
	guest_check(load(g, d.at[VIRTIO_PCI_CAP_DEVICE_CFG], 4) == 1, "capacity");
	agree(g, &d);
	set_up_queue(g, &d);
	guest_check(reads_a_sector(g, &d, 0), "a request");
	/* SLOF closes the disk, opens it again, and goes on. */
	set_config(g, PCI_COMMAND, 2, 0);
	set_config(g, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_check(reads_a_sector(g, &d, 1) && reads_a_sector(g, &d, 2), "after another opening");
	guest_read(g, DATA, mark, sizeof(mark));
	guest_check(memcmp(mark, "mark", 4) == 0, "what was read");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

TestSuite(blob_disk, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

Test(blob_disk, a_disk_is_read_without_interrupts)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
				   "[console]\nbackend = \"none\"\n"
				   "[boot]\nfirmware = \"blob\"\n"
				   "[[disk]]\npath = \"disk\"\nread_only = true\n";
	static const char disk[512] = "mark";

	file_write(fx.config, toml, sizeof(toml) - 1);
	file_write(fx_path("blob"), disk, sizeof(disk));
	file_write(fx_path("disk"), disk, sizeof(disk));
	fake_guest(0, reads, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}
