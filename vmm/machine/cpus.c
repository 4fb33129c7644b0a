/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/cpus.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/facts.h"
#include "vmm/machine/host.h"

#include <errno.h>
#include <string.h>

static void report_open(uint32_t id, uint32_t nvcpus, int r)
{
	if (r == -EMFILE)
		log_error("vCPU %u: %s: each vCPU is one, and the limit is %llu: "
			  "\"ulimit -Hn %u\" or LimitNOFILE=",
			  id, strerror(-r), (unsigned long long)sys_raise_nofile(), nvcpus + 256);
	else
		log_error("vCPU %u: KVM refuses it: %s: lower machine.vcpus", id, strerror(-r));
}

int cpus_open(struct vcpus *cpus, struct kvm_vm *vm, const struct kvm_caps *caps, struct spapr *sp,
	      enum opt_cpu opt)
{
	struct cpu_facts *facts = &sp->cfg.cpu;
	uint32_t id = 0, pvr;
	int r;

	sys_raise_nofile(); /* a shell's 1024 are fewer than KVM's vCPUs */
	r = vcpus_open(cpus, vm, sp, &id);
	if (r < 0) {
		report_open(id, spapr_nvcpus(sp), r);
		return r;
	}
	r = kvm_cpu_pvr(&cpus->v[0].kvm, &pvr);
	if (r < 0) {
		log_error("vCPU %u: its registers cannot be read: %s", id, strerror(-r));
		return r;
	}
	r = host_cpu_facts(facts, pvr, opt);
	if (r < 0)
		return r;
	kvm_facts_read(facts, vm, caps);
	cpus->large_dec = facts->dec_bits > 32;
	return 0;
}

/* A compatibility mode is a property of each vCPU. */
int cpus_set_compat(struct vcpus *cpus, const struct cpu_facts *f)
{
	uint32_t compat = f->version == f->pvr ? 0 : f->version;
	int r = 0;

	for (uint32_t i = 0; i < cpus->n && r == 0; i++)
		r = kvm_cpu_set(&cpus->v[i].kvm, KVM_REG_PPC_ARCH_COMPAT, &compat);
	if (r < 0)
		log_error("machine.cpu: KVM refuses compatibility mode 0x%08x: %s: use \"host\"",
			  compat, strerror(-r));
	return r;
}

int cpus_create_threads(struct vcpus *cpus)
{
	int r = vcpu_install_kick();

	if (r == 0)
		r = vcpus_create_threads(cpus);
	if (r < 0)
		log_error("vCPU threads: %s: each vCPU is one: lower machine.vcpus, "
			  "or raise the limit of tasks (\"ulimit -u\", TasksMax=)",
			  strerror(-r));
	return r;
}
