/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/tce_plan.h"

/* How many vCPUs this guest can ever have. */
static uint64_t possible_vcpus(const struct options *opt)
{
	return opt->machine.vcpus;
}

struct tce_plan tce_plan(const struct options *opt, const struct kvm_caps *caps)
{
	bool trusted = opt->machine.tce == OPT_TCE_KERNEL, vfio = opt->nvfio > 0;
	struct tce_plan p = { .put = trusted || !vfio || possible_vcpus(opt) == 1 };

	p.tables = caps->tce64 && (p.put || caps->enable_hcall);
	p.bulk = trusted && p.tables && caps->tce_bulk;
	p.linked = vfio && p.tables && p.put && caps->tce_vfio;
	p.unlinked = vfio && p.tables && !p.put;
	if (!caps->tce64)
		p.why = "all in user space: KVM has no tables for them";
	else if (!p.tables)
		p.why = "all in user space: this KVM cannot be kept from serving H_PUT_TCE";
	else if (vfio && p.put && !p.linked)
		p.why = "those of passed-through devices in user space: "
			"KVM does not link its tables";
	else if (trusted)
		p.why = "all in KVM, as tce = \"kernel\" says: "
			"for guests that are trusted like the host itself";
	else if (!vfio)
		p.why = "single ones in KVM: no device of the host is behind them";
	else if (p.put)
		p.why = "single ones in KVM, whose way is safe with one vCPU";
	else
		p.why = "H_PUT_TCE in user space: KVM's way is not safe with more than one vCPU";
	p.put &= p.tables;
	return p;
}
