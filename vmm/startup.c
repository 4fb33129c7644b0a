/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/startup.h"

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/host.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define PAPER_PVR 0x004e1202u /* POWER9 DD2.2 */

struct machine *startup_alloc(const struct options *opt)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m) {
		log_error("out of memory");
		return NULL;
	}
	m->opt = opt;
	m->vm = (struct kvm_vm){ .kvm_fd = -1, .fd = -1 };
	m->chip.fd = -1;
	m->pass.env.kvm_vfio_fd = -1;
	return m;
}

static int phase_kvm(struct machine *m)
{
	int r = kvm_vm_open(&m->vm);

	return r < 0 ? r : kvm_caps_read(&m->caps, &m->vm);
}

static uint32_t server_of(void *ctx, uint32_t i)
{
	const struct spapr_config *cfg = ctx;

	return i / cfg->threads * cfg->vsmt + i % cfg->threads;
}

static int phase_vcpus(struct machine *m)
{
	uint32_t id = 0, pvr;
	int r = vcpus_open(&m->cpus, &m->vm, (uint32_t)m->opt->machine.vcpus, server_of, &m->cfg,
			   &id);

	if (r < 0) {
		log_error("vCPU %u: KVM refuses it: %s: lower machine.vcpus", id, strerror(-r));
		return r;
	}
	m->cpus.ops = machine_vcpu_ops;
	m->cpus.ops.ctx = m;
	m->cpus.xics = m->intc_kind == INTC_XICS;
	r = kvm_cpu_pvr(&m->cpus.v[0].kvm, &pvr);
	if (r < 0) {
		log_error("vCPU %u: its registers cannot be read: %s", id, strerror(-r));
		return r;
	}
	r = host_cpu_facts(&m->cfg.cpu, pvr, m->opt->machine.cpu);
	if (r < 0)
		return r;
	host_cpu_facts_kvm(&m->cfg.cpu, &m->vm, &m->caps);
	m->cfg.cpu.radix = m->radix;
	m->cpus.large_dec = m->cfg.cpu.dec_bits > 32;
	return r;
}

/* A compatibility mode is a property of each vCPU, set before it first runs. */
static int phase_compat(struct machine *m)
{
	uint32_t compat = m->cfg.cpu.version == m->cfg.cpu.pvr ? 0 : m->cfg.cpu.version;
	int r = 0;

	for (uint32_t i = 0; compat && i < m->cpus.n && r == 0; i++)
		r = kvm_cpu_set(&m->cpus.v[i].kvm, KVM_REG_PPC_ARCH_COMPAT, &compat);
	if (r < 0)
		log_error("machine.cpu: KVM refuses compatibility mode 0x%08x: %s: use \"host\"",
			  compat, strerror(-r));
	return r;
}

static int phase_ram(struct machine *m)
{
	int r = ram_open(&m->ram, &m->opt->machine);

	return r < 0 ? r : gmem_add(&m->mem, 0, m->ram.size, m->ram.host);
}

static int phase_slot(struct machine *m)
{
	int r = kvm_vm_add_slot(&m->vm, 0, m->ram.size, m->ram.host);

	if (r < 0)
		log_error("guest RAM: KVM refuses %llu MiB: %s: lower machine.memory",
			  (unsigned long long)(m->ram.size / MiB), strerror(-r));
	return r < 0 ? r : 0;
}

static int phase_spapr(struct machine *m)
{
	struct spapr_platform plat = machine_platform;

	plat.ctx = m;
	m->cfg.name = "spapr-vmm";
	return spapr_init(&m->sp, &m->cfg, &plat, &m->mem);
}

static int phase_irqchip(struct machine *m)
{
	uint32_t nservers = m->cfg.ncores * m->cfg.vsmt;
	int r = irqchip_open(&m->chip, m->intc_kind, &m->vm, &m->sp.intc, nservers);

	if (r == 0)
		r = irqchip_connect(&m->chip, &m->cpus);
	if (r == 0) {
		intc_init(&m->sp.intc, m->intc_kind,
			  m->intc_kind == INTC_XIVE ? &xive_ops : &xics_ops, &m->chip, nservers);
		r = spapr_claim_sources(&m->sp);
	}
	if (r < 0)
		log_error("irqchip: KVM's %s: %s: try irqchip = \"%s\"",
			  m->intc_kind == INTC_XIVE ? "XIVE" : "XICS", strerror(-r),
			  m->intc_kind == INTC_XIVE ? "xics" : "xive");
	return r;
}

/* Which calls KVM serves follows from the rows of hcall.c and rtas.c. */
static int phase_calls(struct machine *m)
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

static void lock_machine(void *ctx)
{
	vcpus_lock(&((struct machine *)ctx)->cpus);
}

static void unlock_machine(void *ctx)
{
	vcpus_unlock(&((struct machine *)ctx)->cpus);
}

static void woken(void *ctx)
{
	machine_asked(ctx);
}

static size_t console_receive(void *ctx, const uint8_t *buf, size_t len)
{
	struct machine *m = ctx;

	return vty_input(&m->sp, &m->sp.vtys[0], buf, len);
}

static void console_quit(void *ctx)
{
	machine_request_stop(ctx, STOP_OFF, NULL);
}

static bool console_write(void *ctx, const uint8_t *buf, size_t len)
{
	return chardev_write(&((struct machine *)ctx)->console, buf, len);
}

static void console_drained(void *ctx)
{
	chardev_resume(&((struct machine *)ctx)->console);
}

static int phase_loop(struct machine *m)
{
	const struct loop_hooks hooks = { m, lock_machine, unlock_machine, woken };
	int r;

	m->has_loop = true;
	r = loop_init(&m->loop, &hooks);
	if (r < 0)
		log_error("I/O loop: %s", strerror(-r));
	return r;
}

static int phase_console(struct machine *m)
{
	const struct chardev_callbacks cb = { m, console_receive, console_quit };

	m->sp.vtys[0].backend = (struct vty_backend){ m, console_write, console_drained };
	return chardev_open(&m->console, m->opt->console.backend, &m->loop, &cb);
}

static int phase_threads(struct machine *m)
{
	int r = vcpu_install_kick();

	if (r == 0)
		r = vcpus_create_threads(&m->cpus);
	if (r < 0)
		log_error("vCPU threads: %s", strerror(-r));
	return r;
}

static int phase_paper(struct machine *m)
{
	m->cfg.threads = m->cfg.vsmt = (uint32_t)m->opt->machine.threads_per_core;
	m->cfg.ncores = (uint32_t)m->opt->machine.vcpus / m->cfg.threads;
	m->intc_kind = m->opt->machine.irqchip == OPT_IRQCHIP_XICS ? INTC_XICS : INTC_XIVE;
	return host_cpu_facts(&m->cfg.cpu, PAPER_PVR, m->opt->machine.cpu);
}

static int phase_paper_irqs(struct machine *m)
{
	intc_init(&m->sp.intc, m->intc_kind, NULL, NULL, m->cfg.ncores * m->cfg.vsmt);
	return 0;
}

enum when {
	ALWAYS,
	FOR_REAL, /* needs KVM */
	ON_PAPER, /* stands in for those */
	TO_RUN,   /* needed to run, not for the tree */
};

static const struct phase {
	const char *name;
	enum when when;
	enum exit_status blame;
	int (*fn)(struct machine *m);
	bool or_usage; /* -EINVAL: the configuration is to blame */
} phases[] = {
	{ "kvm", FOR_REAL, STATUS_HOST, phase_kvm },
	{ "choices", FOR_REAL, STATUS_HOST, machine_choose },
	{ "vcpus", FOR_REAL, STATUS_HOST, phase_vcpus },
	{ "compat", FOR_REAL, STATUS_HOST, phase_compat },
	{ "paper", ON_PAPER, STATUS_HOST, phase_paper },
	{ "passthrough", FOR_REAL, STATUS_HOST, passthrough_check },
	{ "ram", ALWAYS, STATUS_HOST, phase_ram },
	{ "slot", FOR_REAL, STATUS_HOST, phase_slot },
	{ "mmu", FOR_REAL, STATUS_HOST, machine_init_mmu },
	{ "spapr", ALWAYS, STATUS_INTERNAL, phase_spapr },
	{ "irqchip", FOR_REAL, STATUS_HOST, phase_irqchip },
	{ "irqs", ON_PAPER, STATUS_INTERNAL, phase_paper_irqs },
	{ "calls", TO_RUN, STATUS_HOST, phase_calls },
	{ "loop", FOR_REAL, STATUS_INTERNAL, phase_loop },
	{ "vfio open", FOR_REAL, STATUS_HOST, passthrough_open },
	{ "vfio register", FOR_REAL, STATUS_HOST, passthrough_register },
	{ "vfio start", FOR_REAL, STATUS_HOST, passthrough_start },
	{ "devices", FOR_REAL, STATUS_HOST, emulated_open, .or_usage = true },
	{ "images", ALWAYS, STATUS_USAGE, machine_load_images },
	{ "tree", ALWAYS, STATUS_INTERNAL, machine_build_tree },
	{ "place", TO_RUN, STATUS_INTERNAL, machine_place_tree },
	{ "console", TO_RUN, STATUS_USAGE, phase_console },
	{ "threads", TO_RUN, STATUS_HOST, phase_threads },
};

static enum exit_status run_phases(struct machine *m, bool to_run)
{
	uint64_t start = sys_now_ns(), before, now = start;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		const struct phase *p = &phases[i];

		if ((p->when == FOR_REAL && m->paper) || (p->when == ON_PAPER && !m->paper) ||
		    (p->when == TO_RUN && !to_run))
			continue;
		before = now;
		r = p->fn(m);
		if (r < 0)
			return r == -EINVAL && p->or_usage ? STATUS_USAGE : p->blame;
		now = sys_now_ns();
		log_debug("phase %s: %llu us, %llu us since start", p->name,
			  (unsigned long long)(now - before) / 1000,
			  (unsigned long long)(now - start) / 1000);
	}
	return STATUS_OFF;
}

enum exit_status startup_run(struct machine *m)
{
	return run_phases(m, true);
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = sys_write(fd, p, len);

		if (n < 0 && n != -EINTR)
			return (int)n;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

enum exit_status startup_tree(struct machine *m, const char *path)
{
	enum exit_status status = run_phases(m, false);
	bool to_stdout = strcmp(path, "-") == 0;
	int fd, r;

	if (status != STATUS_OFF)
		return status;
	fd = to_stdout ? 1 : sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	r = fd < 0 ? fd : write_all(fd, m->fdt, m->fdt_size);
	if (!to_stdout && fd >= 0) {
		int c = sys_close(fd);

		r = r < 0 ? r : c;
	}
	if (r < 0)
		log_error("%s: %s: the tree is not written", path, strerror(-r));
	return r < 0 ? STATUS_USAGE : STATUS_OFF;
}
