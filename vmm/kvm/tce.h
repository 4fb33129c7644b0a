/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_TCE_H
#define VMM_KVM_TCE_H

/*
 * In-kernel TCE tables, which keep H_GET_TCE and H_PUT_TCE in the kernel, and the KVM VFIO device that
 * links them to a group's host tables: H_PUT_TCE then reaches these, too.
 *
 * A link is made once for each pair of group and window (a second call would leak a reference) and
 * ends with the table's descriptor and mapping, or with GROUP_DEL.
 */

#include "vmm/kvm/vm.h"

struct kvm_tce_table {
	int fd;         /* -1: none */
	uint64_t *tces; /* the guest's values, host order */
	size_t size;    /* bytes mapped */
};

/*
 * @start: bus address of the first page; sizes in IOMMU PAGES, as KVM counts. 0 or -errno.
 * kvm_tce_close() undoes it, also after a failure, with every vCPU out of KVM_RUN: Linux frees the
 * table under a vCPU that is in H_GET_TCE or H_PUT_TCE.
 */
int kvm_tce_open(struct kvm_tce_table *t, const struct kvm_vm *vm, uint32_t liobn,
		 uint32_t page_shift, uint64_t start, uint64_t npages);
void kvm_tce_close(struct kvm_tce_table *t);

int kvm_vfio_open(const struct kvm_vm *vm); /* one per VM; an owned descriptor */
int kvm_vfio_add(int dev_fd, int group_fd);
int kvm_vfio_del(int dev_fd, int group_fd); /* while the group's descriptor is still open */
int kvm_vfio_set_tce(int dev_fd, int group_fd, int table_fd);

#endif
