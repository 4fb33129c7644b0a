/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/kvm/calls.h"

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "vmm/base/log.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>
#include <string.h>

/* A call that KVM is to serve; one that this kernel does not know comes to us. */
static int ask_for(const struct kvm_vm *vm, const struct hcall_desc *h)
{
	int r = kvm_vm_enable(vm, KVM_CAP_PPC_ENABLE_HCALL, h->nr, 1);

	if (r == -EINVAL)
		log_debug("%s: served in user space", h->name);
	return r == -EINVAL ? 0 : r;
}

/* Tables that KVM would write to behind our back are worse than none. */
static void keep_from(const struct kvm_vm *vm, const struct hcall_desc *h, struct tce_plan *tce)
{
	int r = kvm_vm_enable(vm, KVM_CAP_PPC_ENABLE_HCALL, h->nr, 0);

	if (r == 0)
		return;
	log_warn("%s: KVM: %s: H_GET_TCE is served in user space as well", h->name, strerror(-r));
	tce->tables = tce->unlinked = false;
}

static int settle(const struct kvm_vm *vm, const struct hcall_desc *h, struct tce_plan *tce)
{
	if (h->server == HCALL_KERNEL_ASK || (h->server == HCALL_KERNEL_BULK && tce->bulk))
		return ask_for(vm, h);
	if (h->server == HCALL_KERNEL_PUT && tce->unlinked)
		keep_from(vm, h, tce);
	return 0;
}

static int define_tokens(const struct kvm_vm *vm, const struct kvm_caps *caps,
			 const struct spapr *sp)
{
	const struct rtas_desc *d;
	int r = 0;

	for (uint32_t i = 0; caps->rtas_tokens && r == 0 && (d = rtas_row(i)); i++)
		if (d->fn == rtas_in_kernel && rtas_offered(sp, d))
			r = kvm_vm_define_rtas(vm, d->name, RTAS_TOKEN_BASE + i);
	return r;
}

/* Which calls KVM serves follows from the rows of hcall.c and rtas.c. */
int kvm_calls_enable(const struct kvm_vm *vm, const struct kvm_caps *caps, const struct spapr *sp,
		     struct tce_plan *tce)
{
	const struct hcall_desc *h;
	int r = 0;

	for (size_t i = 0; caps->enable_hcall && r == 0 && (h = hcall_row(sp, i)); i++)
		r = settle(vm, h, tce);
	if (r == 0)
		r = define_tokens(vm, caps, sp);
	if (r == 0 && caps->dawr1)
		kvm_vm_enable(vm, KVM_CAP_PPC_DAWR1, 0, 0);
	if (r < 0)
		log_error("hypercalls: KVM: %s", strerror(-r));
	return r;
}

int kvm_calls_mode_changed(const struct kvm_vm *vm, const struct kvm_caps *caps,
			   const struct spapr *sp)
{
	const struct hcall_desc *h;
	const struct rtas_desc *d;
	int r = 0;

	for (size_t i = 0; caps->enable_hcall && r == 0 && (h = hcall_row(sp, i)); i++)
		if (h->server == HCALL_KERNEL_ASK)
			r = ask_for(vm, h);
	/* A token that is there already cannot be defined again; one that is not cannot be removed. */
	for (size_t i = 0; caps->rtas_tokens && (d = rtas_row(i)); i++)
		if (d->fn == rtas_in_kernel)
			kvm_vm_define_rtas(vm, d->name, 0);
	return r < 0 ? r : define_tokens(vm, caps, sp);
}
