/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_KVM_UAPI_H
#define VMM_KVM_UAPI_H

/* The one door to <linux/kvm.h>. Off POWER the build puts powerpc's asm/kvm.h first in the path. */

#include <linux/kvm.h>

#ifndef KVM_CAP_PPC_AIL_MODE_3
#define KVM_CAP_PPC_AIL_MODE_3 210
#endif

#endif
