/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/platform.h"

#include "sphapr/hcall.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>

static struct vcpu *caller(struct platform *p)
{
	return vcpus_find(p->cpus, p->sp->caller);
}

static int start_cpu(void *ctx, uint32_t server, gpa_t entry, uint64_t r3)
{
	struct platform *p = ctx;
	int r = vcpus_start(p->cpus, server, &(struct vcpu_entry){ .pc = entry, .r3 = r3 });

	if (r == 0)
		event_emit(EVENT_CPU_ONLINE, { server });
	return r;
}

static void stop_self(void *ctx)
{
	struct vcpu *v = caller(ctx);

	v->running = false;
	event_emit(EVENT_CPU_OFFLINE, { v->kvm.id });
}

static int cpu_state(void *ctx, uint32_t server)
{
	struct platform *p = ctx;
	const struct vcpu *v = vcpus_find(p->cpus, server);

	if (!v)
		return -ENOENT;
	return v->running ? CPU_RUNNING : CPU_STOPPED;
}

static int set_cpu_mode(void *ctx, struct cpu_mode mode)
{
	struct platform *p = ctx;

	return vcpus_set_mode(p->cpus, caller(p), mode);
}

static int set_proc_table(void *ctx, bool radix, bool gtse, uint64_t table)
{
	struct platform *p = ctx;

	return kvm_vm_configure_mmu(p->vm, radix, gtse, table);
}

static int set_sprg0(void *ctx, uint64_t value)
{
	struct platform *p = ctx;
	const struct vcpu *v = caller(p);
	struct kvm_regs regs;
	int r = kvm_cpu_get_regs(&v->kvm, &regs);

	if (r < 0)
		return r;
	regs.sprg0 = value;
	return kvm_cpu_set_regs(&v->kvm, &regs);
}

static int system_reset(void *ctx, uint32_t server)
{
	struct platform *p = ctx;
	struct vcpu *v = vcpus_find(p->cpus, server);

	if (!v || !v->running)
		return -ENOENT;
	v->nmi = true;
	vcpu_kick(v);
	return 0;
}

static void request_stop(void *ctx, enum stop_reason why, const char *text)
{
	stop_request(((struct platform *)ctx)->stop, why, text);
}

/* The caller stays busy, so a pause or the end of the machine waits for it. */
static int without_lock(void *ctx, int (*fn)(void *arg), void *arg)
{
	struct platform *p = ctx;
	uint32_t server = p->sp->caller;
	int r;

	vcpus_unlock(p->cpus);
	r = fn(arg);
	vcpus_lock(p->cpus);
	vcpus_tell(p->cpus);
	p->sp->caller = server; /* others have called meanwhile */
	return r;
}

static void wait_for_others(void *ctx)
{
	struct platform *p = ctx;
	uint32_t server = p->sp->caller;

	vcpus_wait(p->cpus);
	p->sp->caller = server;
}

static void hold_cpus(void *ctx)
{
	struct platform *p = ctx;
	uint32_t server = p->sp->caller;

	vcpus_hold(p->cpus);
	p->sp->caller = server;
}

static void nvram_stored(void *ctx, uint32_t offset, uint32_t len)
{
	struct platform *p = ctx;

	nvram_file_store(p->nvram, &p->sp->nvram, offset, len);
}

int64_t platform_client_call(void *ctx, gpa_t block)
{
	return firmware_call(((struct platform *)ctx)->firmware, block);
}

static int cas(void *ctx, gpa_t vec, void **fdt, size_t *size)
{
	struct platform *p = ctx;

	return power_on_cas(p->boot, p->sp, vec, fdt, size);
}

static uint64_t wall_ns(void *ctx)
{
	(void)ctx;
	return sys_wall_ns();
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	return sys_random(buf, len);
}

const struct spapr_platform platform_ops = {
	.start_cpu = start_cpu,
	.stop_self = stop_self,
	.cpu_state = cpu_state,
	.set_cpu_mode = set_cpu_mode,
	.set_proc_table = set_proc_table,
	.set_sprg0 = set_sprg0,
	.system_reset = system_reset,
	.request_stop = request_stop,
	.without_lock = without_lock,
	.wait = wait_for_others,
	.hold_cpus = hold_cpus,
	.nvram_stored = nvram_stored,
	.cas = cas,
	.wall_ns = wall_ns,
	.random = random_bytes,
};

static long exit_hcall(void *ctx, uint32_t server, uint64_t nr, uint64_t *args)
{
	struct platform *p = ctx;

	p->sp->caller = server;
	return hcall_dispatch(p->sp, nr, args);
}

/* An address that no memory slot backs: a trapped BAR; else nobody answers, and loads read ones. */
static void exit_mmio(void *ctx, gpa_t gpa, uint8_t *data, uint32_t len, bool write)
{
	struct platform *p = ctx;

	if (phb_mmio(p->sp, gpa, data, len, write))
		return;
	log_guest("%s of %u bytes at 0x%llx, where nothing is", write ? "store" : "load", len,
		  (unsigned long long)gpa);
	if (!write)
		memset(data, 0xff, len);
}

static bool exit_crash(void *ctx, const char *text)
{
	struct platform *p = ctx;
	bool first = p->stop->why == STOP_NONE;

	stop_request(p->stop, STOP_CRASH, text);
	return first;
}

const struct vcpu_ops platform_vcpu_ops = {
	.hcall = exit_hcall,
	.mmio = exit_mmio,
	.crash = exit_crash,
};
