/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/tce.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/dev.h"
#include "vmm/kvm/uapi.h"

#include <sys/mman.h>

int kvm_tce_open(struct kvm_tce_table *t, const struct kvm_vm *vm, uint32_t liobn,
		 uint32_t page_shift, uint64_t start, uint64_t npages)
{
	struct kvm_create_spapr_tce_64 create = {
		.liobn = liobn,
		.page_shift = page_shift,
		.offset = start >> page_shift,
		.size = npages,
	};
	int r;

	*t = (struct kvm_tce_table){ .fd = -1 };
	r = sys_ioctl(vm->fd, KVM_CREATE_SPAPR_TCE_64, &create);
	if (r < 0)
		return r;
	t->fd = r;
	t->size = ALIGN_UP(npages * sizeof(uint64_t), sys_page_size());
	return sys_mmap((void **)&t->tces, NULL, t->size, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd,
			0);
}

void kvm_tce_close(struct kvm_tce_table *t)
{
	if (t->tces)
		sys_munmap(t->tces, t->size);
	if (t->fd >= 0)
		sys_close(t->fd);
	t->tces = NULL;
	t->fd = -1;
}

int kvm_vfio_open(const struct kvm_vm *vm)
{
	return kvm_dev_create(vm, KVM_DEV_TYPE_VFIO);
}

static int group_attr(int dev_fd, uint64_t attr, int group_fd)
{
	int32_t fd = group_fd;

	return kvm_dev_set(dev_fd, KVM_DEV_VFIO_GROUP, attr, &fd);
}

int kvm_vfio_add(int dev_fd, int group_fd)
{
	return group_attr(dev_fd, KVM_DEV_VFIO_GROUP_ADD, group_fd);
}

int kvm_vfio_del(int dev_fd, int group_fd)
{
	return group_attr(dev_fd, KVM_DEV_VFIO_GROUP_DEL, group_fd);
}

int kvm_vfio_set_tce(int dev_fd, int group_fd, int table_fd)
{
	struct kvm_vfio_spapr_tce link = { .groupfd = group_fd, .tablefd = table_fd };

	return kvm_dev_set(dev_fd, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, &link);
}
