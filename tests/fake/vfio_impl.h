/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_VFIO_IMPL_H
#define TESTS_FAKE_VFIO_IMPL_H

/* What the files of the fake's VFIO half share. Called with fake_lock held. */

#include "tests/fake/kernel.h"
#include "tests/fake/vfio.h"

#include <linux/vfio.h>

#define FAKE_SLOTS 2 /* windows of a container */
#define FAKE_MAX_REGIONS 16

/* ---- vfio_host.c ---- */
void fake_fault(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
extern struct fake_hostdev *fake_hostdevs;
void fake_vfio_reset(void);
void fake_vfio_host(enum fake_host_id id);
int fake_vfio_open(const char *path, int flags); /* -ENXIO: not ours */
bool fake_vfio_owns(const char *path);
void fake_vfio_reap(void); /* something was unmapped */

/* ---- vfio_hostdev.c ---- */
void fake_hostdev_fill(struct fake_hostdev *d, enum fake_hostdev_kind kind);

/* ---- vfio_driver.c ---- */
bool fake_driver_is_harmless(const char *driver);
bool fake_driver_is_loaded(const char *driver);
int fake_sysfs_open(const char *path);
void fake_drivers_reset(void);

/* ---- vfio_sysfs.c ---- */
/* Where the name after @prefix ends; NULL: the path is not there. */
const char *fake_name_after(const char *path, const char *prefix, char name[32]);
bool fake_sysfs_owns(const char *path);
int fake_sysfs_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx);
int fake_sysfs_readlink(const char *path, char *buf, size_t size);
void fake_sysfs_reset(void);

/* ---- vfio_files.c ---- */
bool fake_files_own(const char *path);
int fake_files_open(const char *path, int flags);
int fake_files_unlink(const char *path);
int fake_files_mkdir(const char *path);
void fake_files_reset(void);

/* ---- vfio_mem.c: the list of the (only) mm ---- */
struct fake_region {
	uint64_t vaddr, size;
	uint32_t used, page_shift;
	uint64_t mapped; /* 1 and one for each TCE */
	struct fake_region *next;
};

int fake_mem_charge(uint64_t bytes); /* 0 or -ENOMEM */
void fake_mem_uncharge(uint64_t bytes);
void fake_mem_lose(uint64_t bytes); /* charged, and never taken back */
int fake_mem_put(struct fake_region *r);
struct fake_region *fake_mem_lookup(uint64_t vaddr, uint64_t size); /* that holds it */
void fake_mem_reset(void);

struct fake_container;

int fake_mem_register(struct fake_container *c, const struct vfio_iommu_spapr_register_memory *p);
int fake_mem_unregister(struct fake_container *c, const struct vfio_iommu_spapr_register_memory *p);

/* ---- vfio_hw.c: the host's tables ---- */
struct fake_hw {
	uint64_t start, npages, charge, live;
	uint32_t page_shift;
	uint64_t *tces; /* host address | permission */
	int refs;       /* the container's, and one for each link of KVM */
	struct fake_hw *next;
};

struct fake_hw *fake_hw_new(uint64_t start, uint32_t page_shift, uint64_t npages, uint64_t charge);
void fake_hw_put(struct fake_hw *hw);
void fake_hw_set(struct fake_hw *hw, uint64_t index, uint64_t tce);
void fake_hw_clear(struct fake_hw *hw);
bool fake_hw_has(const struct fake_hw *hw, uint64_t iova); /* the first page of a range */

/* ---- vfio_window.c ---- */
int fake_window_default(struct fake_container *c); /* make the pending one real */
int fake_window_create(struct fake_container *c, struct vfio_iommu_spapr_tce_create *p);
int fake_window_remove(struct fake_container *c, uint64_t start);
void fake_windows_drop(struct fake_container *c);
struct fake_hw *fake_window_at(const struct fake_container *c, uint64_t iova);

/* ---- vfio_dma.c ---- */
int fake_dma_map(struct fake_container *c, const struct vfio_iommu_type1_dma_map *p);
int fake_dma_unmap(struct fake_container *c, const struct vfio_iommu_type1_dma_unmap *p);

/* ---- vfio_container.c ---- */
struct fake_container {
	uint32_t id;
	bool open;  /* its descriptor is */
	bool gone;  /* an unbind has detached the group: no call may be made any more */
	int driver; /* 0, VFIO_SPAPR_TCE_IOMMU or VFIO_SPAPR_TCE_v2_IOMMU */
	uint32_t ngroups;
	bool has_mm, enabled, pending_default;
	struct fake_hw *slots[FAKE_SLOTS];
	struct fake_region *regs[FAKE_MAX_REGIONS];
	uint32_t nregs;
	struct fake_container *next;
};

/* The kernel sleeps in a reset, or in a thaw, without a lock that other calls of the process want. */
void fake_sleep(void);

int fake_container_open(void);
struct fake_container *fake_container_of(int fd, int *err);
int fake_container_join(struct fake_container *c);   /* attach errno */
void fake_container_leave(struct fake_container *c); /* a group */
struct fake_container *fake_containers_first(void);

/* ---- vfio_group.c ---- */
struct fake_group {
	int id, deny;
	bool exists, taken;
	int refs; /* of its open file: descriptor, device descriptors, KVM; 0: not open */
	int ndevices;
	struct fake_container *container;
};

struct fake_group *fake_group_by_id(int id); /* made when new */
int fake_group_open(const char *path);
struct fake_group *fake_group_of(int fd, int *err); /* NULL: @err */
void fake_group_put(struct fake_group *g);
void fake_group_unbound(struct fake_group *g); /* a device of it has no driver any more */
bool fake_group_is_viable(const struct fake_group *g);
struct fake_group *fake_groups_each(int *at);
void fake_groups_reset(void);

/* ---- vfio_device.c ---- */
int fake_device_open(struct fake_group *g, const char *bdf);
/* May @host be touched? The kernel has no page for a BAR whose function is asleep, or decodes nothing. */
bool fake_device_answers(const void *host);
void fake_devices_reap(void);

/* ---- vfio_region.c ---- */
#define FAKE_OFFSET_SHIFT 40 /* of a region's number in the descriptor */
int fake_region_info(const struct fake_hostdev *d, struct vfio_region_info *info);

/* ---- vfio_config.c ---- */
ssize_t fake_config_read(struct fake_hostdev *d, void *buf, size_t len, uint64_t off);
ssize_t fake_config_write(struct fake_hostdev *d, const void *buf, size_t len, uint64_t off);
bool fake_config_has_memory(const struct fake_hostdev *d);
void fake_config_reset(struct fake_hostdev *d);
void fake_config_lose_bars(struct fake_hostdev *d);

/* ---- vfio_irq.c ---- */
int fake_irqs_info(const struct fake_hostdev *d, struct vfio_irq_info *info);
int fake_irqs_set(struct fake_hostdev *d, const struct vfio_irq_set *set, char *detail);
void fake_irqs_off(struct fake_hostdev *d);
void fake_news_off(struct fake_hostdev *d); /* of requests and errors */
void fake_intx_unmask(struct fake_hostdev *d);

/* ---- vfio_event.c ---- */
int fake_event_get(struct fake_event *e, int fd); /* -EBADF, -EINVAL: no eventfd */
void fake_event_put(struct fake_event *e);
void fake_event_signal(const struct fake_event *e);
int fake_vm_irqfd(struct fake_vm *vm, const struct kvm_irqfd *i);
void fake_vm_drop_irqfds(struct fake_vm *vm);

/* ---- vfio_table.c ---- */
struct fake_link {
	struct fake_hw *hw;
	struct fake_link *next;
};

struct fake_table {
	uint64_t liobn, offset, size; /* pages */
	uint32_t page_shift;
	uint64_t charge;
	struct fake_vm *vm;
	bool open;
	int fd;
	uint64_t *values; /* our own mapping */
	struct fake_link *links;
	struct fake_table *next;
};

int fake_vm_create_table(struct fake_vm *vm, const struct kvm_create_spapr_tce_64 *p);
struct fake_table *fake_tables_first(void);
struct fake_table *fake_table_of(int fd);
void fake_table_unlink(struct fake_table *t, const struct fake_hw *hw);
void fake_tables_reap(void);
bool fake_hw_is_linked(const struct fake_hw *hw);

/* ---- vfio_hcall.c ---- */
/* Does KVM answer this call itself? Then *@ret is r3. @a is r4 and on. */
bool fake_vm_hcall(struct fake_vm *vm, uint64_t nr, uint64_t *a, long *ret);

#endif
