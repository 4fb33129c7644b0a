/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_VFIO_H
#define TESTS_FAKE_VFIO_H

/*
 * The VFIO half of the fake kernel: PCI functions of the host with their drivers and IOMMU groups
 * in sysfs, containers, groups, device descriptors, DMA windows, registered memory, and KVM's share
 * of it. As strict as Linux 6.12, whose sources each file names.
 *
 *	struct fake_hostdev *d = fake_hostdev_new(FAKE_NVME, "0004:01:00.0", 26, "nvme");
 *	fake_vfio.eeh = false;
 *	... the test ...
 *	cr_assert(eq(str, (char *)fake_faults(), ""));
 *
 * After fake_reset() and fake_host() there is no PCI function, and the drivers nvme, e1000e,
 * pcieport, pci-stub and vfio-pci are loaded.
 *
 *	vfio_host.c      facts, faults, functions     vfio_hostdev.c   what functions look like
 *	vfio_sysfs.c     links and folders            vfio_driver.c    drivers and their binding
 *	vfio_files.c     files of /proc and /run      vfio_event.c     eventfds, KVM's irqfds
 *	vfio_container.c, vfio_group.c, vfio_device.c the descriptors
 *	vfio_region.c, vfio_config.c, vfio_irq.c      regions, configuration, interrupts
 *	vfio_mem.c       registered, locked memory    vfio_window.c, vfio_hw.c   windows and tables
 *	vfio_dma.c       MAP_DMA, UNMAP_DMA
 *	vfio_table.c     KVM's tables                 vfio_hcall.c     TCE calls inside KVM
 *	vfio_kvm.c       KVM's VFIO device
 */

#include "tests/fake/sys.h"

#define FAKE_VFIO_BARS 7 /* the ROM is the last */

/* What this host's VFIO can do; the test may change it before it opens anything. */
struct fake_vfio_facts {
	int open_err; /* open("/dev/vfio/vfio"); 0: it opens */
	int api_version;
	bool has_spapr; /* vfio_iommu_spapr_tce is loaded */
	int attach_err; /* SET_IOMMU(7) */
	bool eeh;
	int eeh_state, eeh_err; /* GET_STATE; what the other operations answer */
	int eeh_sleep_ms;    /* how long resets and thaws last at most: fake_eeh_wake() ends them */
	bool eeh_asleep;     /* a reset or thaw lasts; under fake_lock */
	bool eeh_held;       /* in reset, which GET_STATE does not show: no function answers */
	int eeh_stopped;     /* 2: an error stopped the PE; 4: DMA alone; 0: see eeh_state */
	bool eeh_loses_bars; /* a release restores what was saved while nothing answered */
	uint64_t dma32_start, dma32_size;
	uint64_t pgsizes;
	uint32_t max_windows, levels;
	bool no_ddw_info;     /* GET_INFO leaves the ddw part out */
	uint64_t contiguous;  /* bytes of the largest level of a table */
	uint32_t msi_vectors; /* as many the host's controller has left; 0: enough */
	bool trusting;        /* links of KVM in a VM of several vCPUs are no fault */
	int remove_sleep_ms; /* how long TCE_REMOVE of a dynamic window lasts: fake_remove_wake() */
	bool remove_asleep;  /* a removal lasts; under fake_lock */
	/* A host that is a guest itself. */
	bool l1;
	bool l0_refuses;   /* every window but the default one; it stays so */
	uint64_t l0_start; /* where L0 puts dynamic windows */
};

extern struct fake_vfio_facts fake_vfio;

/* From a guest's program: does another vCPU's thread sleep in a reset? And wake it. */
/* An error stops the PE: its functions read as ones until it is thawed, or was reset. */
void fake_eeh_freeze(void);
bool fake_eeh_dark(void); /* of those in the fake kernel: no function answers */

bool fake_eeh_asleep(void);
void fake_eeh_wake(void);

/* The same for the removal of a window. */
bool fake_remove_asleep(void);
void fake_remove_wake(void);

/* ---- PCI functions ---- */

enum fake_hostdev_kind {
	FAKE_NVME,   /* BAR0 16K 64-bit with the MSI-X table (65) at 8K; PCIe, SR-IOV, AER */
	FAKE_E1000E, /* BAR0, 1: 128K; BAR2: I/O; BAR3: 16K MSI-X (5); ROM; MSI; PCIe */
	FAKE_BRIDGE, /* a PCIe port */
};

struct fake_bar {
	uint64_t size;
	bool io, mem64, mappable;
	unsigned int nsparse; /* areas of the sparse capability; 0: it has none */
	struct {
		uint64_t offset, size;
	} sparse[4];
};

struct fake_event {
	int fd; /* a duplicate; 0: none */
	uint64_t serial;
};

#define FAKE_MAX_VECTORS 128

/* The test may change what is above the line before the function is opened. */
struct fake_hostdev {
	char bdf[16], native[32]; /* @native: the driver that its ids match */
	int group;
	uint8_t config[4096], wmask[4096];
	uint32_t config_size;
	struct fake_bar bars[FAKE_VFIO_BARS];
	bool flr;           /* VFIO_DEVICE_RESET works */
	int hot_reset;      /* what PCI_HOT_RESET answers */
	bool msix_mappable; /* the kernel says so (since 4.16) */
	uint32_t nintx, nmsi, nmsix;
	int msix_bar;
	uint32_t msix_offset;
	uint8_t pm, exp; /* where these capabilities are */
	/* -------- */
	char driver[32], override[32];
	bool wanted; /* somebody unbinds it */
	unsigned int opens, resets;
	bool touched[4096]; /* which bytes of configuration were written */
	int irqs;           /* VFIO_PCI_*_IRQ_INDEX that is enabled, or -1 */
	uint32_t nvectors;
	struct fake_event vectors[FAKE_MAX_VECTORS], unmask;
	bool line, masked; /* INTx */
	struct fake_event request, error;
	struct fake_hostdev *next;
};

/* @driver: "" = none. The group comes into being with its first function. */
struct fake_hostdev *fake_hostdev_new(enum fake_hostdev_kind kind, const char *bdf, int group,
				      const char *driver);
struct fake_hostdev *fake_hostdev_find(const char *bdf);

/* open("/dev/vfio/@group") answers @err; 0: as the host would. */
void fake_group_deny(int group, int err);

void fake_driver_unload(const char *driver); /* of the PCI bus */

/* Binding to @driver, or unbinding from it with -errno @err. NULL: all goes well. */
void fake_driver_fail(const char *driver, int err);

/* A file with this text; NULL takes it away. A block device with the text "claimed" is in use. */
void fake_text(const char *path, const char *text);
const char *fake_text_of(const char *path); /* NULL: there is none */

/* A link of a class device of the function; a link below /sys/class to anywhere. */
void fake_class_device(const char *class, const char *name, const char *bdf);
void fake_class_link(const char *path, const char *target);

/* Another program holds the group open, or no longer does. */
void fake_group_take(int group, bool taken);

/* ---- interrupts ---- */

/* The device sends message @vector; false: it is not enabled. */
bool fake_send_msi(struct fake_hostdev *d, uint32_t vector);

/* The device pulls its INTx line. */
void fake_set_intx(struct fake_hostdev *d, bool up);

/* Somebody unbinds the device; the device has an error. False: the user of it does not listen. */
bool fake_request_device(struct fake_hostdev *d);
bool fake_device_error(struct fake_hostdev *d);

/* The guest ends interrupt @gsi: KVM's resampling irqfds see it. */
void fake_guest_eoi(uint32_t gsi);

int fake_irqfds(void); /* that KVM has */

/* ---- TCE calls inside KVM ---- */

#define FAKE_TOO_HARD 9999 /* the call goes to user space */

/* H_PUT_TCE and H_GET_TCE of a guest as KVM serves them, or FAKE_TOO_HARD. */
long fake_kvm_put_tce(uint64_t liobn, uint64_t ioba, uint64_t tce);
long fake_kvm_get_tce(uint64_t liobn, uint64_t ioba, uint64_t *tce);

/* ---- what there is ---- */

/* Where a device of @group lands at @ioba; NULL: the host stops it. */
void *fake_dma(int group, uint64_t ioba, bool write);

int fake_containers(void);     /* open, or kept by a group */
int fake_windows(void);        /* in all containers; pending ones do not count */
uint64_t fake_live_tces(void); /* of all host tables, those that only KVM still holds included */
uint64_t fake_pinned(void);    /* bytes registered, once each */
uint64_t fake_locked(void);    /* bytes of locked_vm, without what the kernel itself has lost */
int fake_kvm_tables(void);
int fake_groups_open(void);

/* Nothing is open, mapped, pinned or locked any more. Says what is, or "". */
const char *fake_vfio_left(void);

/* What a real kernel would have warned of, or died of, a line each; "" when all was well. */
const char *fake_faults(void);

#endif
