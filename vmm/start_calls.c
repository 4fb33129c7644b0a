/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine_impl.h"

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "vmm/base/log.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>
#include <string.h>

/* Which calls KVM serves follows from the rows of hcall.c and rtas.c. */
int machine_enable_calls(struct machine *m)
{
	const struct hcall_desc *h;
	const struct rtas_desc *d;
	int r = 0;

	for (size_t i = 0; m->caps.enable_hcall && r == 0 && (h = hcall_row(&m->sp, i)); i++)
		if (h->server == HCALL_KERNEL_ASK ||
		    (h->server == HCALL_KERNEL_BULK && m->cfg.bulk_tce_in_kernel &&
		     m->caps.tce_bulk)) {
			r = kvm_vm_enable(&m->vm, KVM_CAP_PPC_ENABLE_HCALL, h->nr, 1);
			if (r == -EINVAL) { /* not this kernel's: the call comes to us */
				log_debug("%s: served in user space", h->name);
				r = 0;
			}
		}
	for (uint32_t i = 0; m->caps.rtas_tokens && r == 0 && (d = rtas_row(i)); i++)
		if (d->fn == rtas_in_kernel && rtas_offered(&m->sp, d))
			r = kvm_vm_define_rtas(&m->vm, d->name, RTAS_TOKEN_BASE + i);
	if (r == 0 && m->caps.dawr1)
		kvm_vm_enable(&m->vm, KVM_CAP_PPC_DAWR1, 0, 0);
	if (r == 0 && m->cfg.bulk_tce_in_kernel)
		log_warn("bulk_tce = \"kernel\": a hostile guest can crash the host with it");
	if (r < 0)
		log_error("hypercalls: KVM: %s", strerror(-r));
	return r;
}
