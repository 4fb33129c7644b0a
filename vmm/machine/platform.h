/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_PLATFORM_H
#define VMM_MACHINE_PLATFORM_H

/*
 * Between the PAPR core and KVM: what struct spapr asks of vCPUs and VM, and vCPUs of struct spapr.
 */

#include "sphapr/spapr.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/kvm/vm.h"
#include "vmm/machine/firmware.h"
#include "vmm/machine/nvram_file.h"
#include "vmm/machine/power_on.h"
#include "vmm/machine/stop.h"

/* All borrowed, set before start. */
struct platform {
	struct spapr *sp;
	struct vcpus *cpus;
	const struct kvm_vm *vm;
	struct stop *stop;
	struct nvram_file *nvram;
	struct firmware *firmware; /* NULL: the guest has none of ours */
	struct power_on *boot;
};

/* client_call of a platform whose guest has firmware. */
int64_t platform_client_call(void *ctx, gpa_t block);

/* The ctx of both, a struct platform, is still to be filled in. */
extern const struct spapr_platform platform_ops;
extern const struct vcpu_ops platform_vcpu_ops;

#endif
