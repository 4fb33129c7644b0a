/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_SYSCALLS_H
#define VMM_KVM_SYSCALLS_H

/* System calls by which this folder speaks to KVM while a guest runs. */

#include "vmm/base/callfilter.h"

extern const struct call_list kvm_syscalls;  /* under the machine lock; a reboot; the end */
extern const struct call_list vcpu_syscalls; /* of a vCPU's thread alone */

#endif
