/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/machine_impl.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/facts.h"
#include "vmm/kvm/uapi.h"
#include "vmm/machine/host.h"

#include <errno.h>
#include <string.h>

static void report_open(uint32_t id, uint32_t nvcpus, int r)
{
	if (r == -EMFILE)
		log_error("vCPU %u: %s: each vCPU is one, and the limit is %llu: \"ulimit -Hn %u\" "
			  "or "
			  "LimitNOFILE=",
			  id, strerror(-r), (unsigned long long)sys_raise_nofile(), nvcpus + 256);
	else
		log_error("vCPU %u: KVM refuses it: %s: lower machine.vcpus", id, strerror(-r));
}

int machine_open_vcpus(struct machine *m)
{
	uint32_t id = 0, nvcpus = (uint32_t)m->opt->machine.vcpus, pvr;
	int r;

	sys_raise_nofile(); /* a shell's 1024 are fewer than KVM's vCPUs */
	r = vcpus_open(&m->cpus, &m->vm, &m->sp, &id);
	if (r < 0) {
		report_open(id, nvcpus, r);
		return r;
	}
	m->cpus.ops = machine_vcpu_ops;
	m->cpus.ops.ctx = m;
	r = kvm_cpu_pvr(&m->cpus.v[0].kvm, &pvr);
	if (r < 0) {
		log_error("vCPU %u: its registers cannot be read: %s", id, strerror(-r));
		return r;
	}
	r = host_cpu_facts(&m->sp.cfg.cpu, pvr, m->opt->machine.cpu);
	if (r < 0)
		return r;
	kvm_facts_read(&m->sp.cfg.cpu, &m->vm, &m->caps);
	m->cpus.large_dec = m->sp.cfg.cpu.dec_bits > 32;
	return r;
}

/* A compatibility mode is a property of each vCPU, set before it first runs. */
int machine_set_compat(struct machine *m)
{
	uint32_t compat = m->sp.cfg.cpu.version == m->sp.cfg.cpu.pvr ? 0 : m->sp.cfg.cpu.version;
	int r = 0;

	for (uint32_t i = 0; compat && i < m->cpus.n && r == 0; i++)
		r = kvm_cpu_set(&m->cpus.v[i].kvm, KVM_REG_PPC_ARCH_COMPAT, &compat);
	if (r < 0)
		log_error("machine.cpu: KVM refuses compatibility mode 0x%08x: %s: use \"host\"",
			  compat, strerror(-r));
	return r;
}

int machine_create_threads(struct machine *m)
{
	int r = vcpu_install_kick();

	if (r == 0)
		r = vcpus_create_threads(&m->cpus);
	if (r < 0)
		log_error("vCPU threads: %s", strerror(-r));
	return r;
}
