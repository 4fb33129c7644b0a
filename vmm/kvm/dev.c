/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/dev.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

int kvm_dev_create(const struct kvm_vm *vm, uint32_t type)
{
	struct kvm_create_device create = { .type = type };
	int r = sys_ioctl(vm->fd, KVM_CREATE_DEVICE, &create);

	return r < 0 ? r : (int)create.fd;
}

int kvm_dev_set(int fd, uint32_t group, uint64_t attr, const void *value)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)value };

	return sys_ioctl(fd, KVM_SET_DEVICE_ATTR, &a);
}

int kvm_dev_get(int fd, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)value };

	return sys_ioctl(fd, KVM_GET_DEVICE_ATTR, &a);
}
