/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_DEV_H
#define VMM_KVM_DEV_H

/* KVM devices (XICS, XIVE, VFIO) and their attributes. 0 or -errno; the descriptor is the caller's. */

#include "vmm/kvm/vm.h"

int kvm_dev_create(const struct kvm_vm *vm, uint32_t type); /* an owned descriptor */
int kvm_dev_set(int fd, uint32_t group, uint64_t attr, const void *value);
int kvm_dev_get(int fd, uint32_t group, uint64_t attr, void *value);

#endif
