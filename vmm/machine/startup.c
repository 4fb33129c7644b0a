/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/startup.h"

#include "firmware/rtas_stub.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/calls.h"
#include "vmm/kvm/mmu.h"
#include "vmm/machine/choices.h"
#include "vmm/machine/cpus.h"
#include "vmm/machine/findings.h"
#include "vmm/machine/host.h"
#include "vmm/machine/numa.h"
#include "vmm/machine/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAPER_PVR 0x004e1202u /* POWER9 DD2.2 */

static void wanted_back(void *ctx)
{
	stop_host_asks_off(ctx);
}

static void init_passthrough(struct machine *m)
{
	const struct passthrough_env env = {
		.opt = m->opt,
		.vm = &m->vm,
		.caps = &m->caps,
		.tce = &m->tce,
		.mem = &m->mem,
		.ram = &m->ram,
		.sp = &m->sp,
		.loop = &m->loop,
		.wanted_back = wanted_back,
		.ctx = &m->stop,
	};

	passthrough_init(&m->pass, &env);
}

static void init_api(struct machine *m)
{
	const struct api_env env = {
		.opt = m->opt,
		.sp = &m->sp,
		.cpus = &m->cpus,
		.loop = &m->loop,
		.stop = &m->stop,
		.tce = &m->tce,
		.pass = &m->pass,
		.emu = &m->emu,
		.boot = &m->boot,
		.watch = &m->watch,
	};

	api_init(&m->api, &env);
}

struct machine *startup_alloc(const struct options *opt)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m) {
		log_error("out of memory");
		return NULL;
	}
	m->opt = opt;
	watch_init(&m->watch, m);
	m->vm = (struct kvm_vm){ .kvm_fd = -1, .fd = -1 };
	m->chip.fd = -1;
	power_on_init(&m->boot, firmware_wanted(&opt->boot) ? &m->firmware : NULL);
	nvram_file_init(&m->nvram);
	init_passthrough(m);
	init_api(m);
	m->cas = (struct machine_cas){ .sp = &m->sp,
				       .cpus = &m->cpus,
				       .chip = &m->chip,
				       .vm = &m->vm,
				       .caps = &m->caps,
				       .stop = &m->stop,
				       .used = m->boot.firmware };
	m->platform = (struct platform){ &m->sp,   &m->cpus,  &m->vm,
					 &m->stop, &m->nvram, m->boot.firmware };
	stop_init(&m->stop, &m->sp, &m->cpus, &m->loop);
	service_init(&m->service, opt, &m->cpus, &m->loop);
	return m;
}

static int phase_watch(struct machine *m)
{
	return watch_open(&m->watch, m->opt);
}

static int phase_kvm(struct machine *m)
{
	struct findings to = { .sink = findings_log };

	return findings_kvm(&to, &m->vm, &m->caps);
}

static int phase_choices(struct machine *m)
{
	int r;

	m->tce = tce_plan(m->opt, &m->caps);
	r = choices_make(&m->sp, &m->opt->machine, &m->vm, &m->caps);
	if (r == 0 && m->cas.used)
		machine_cas_init(&m->cas, &m->opt->machine);
	return r;
}

/* Its process is forked before there is memory or a thread that it could inherit. */
static int phase_api(struct machine *m)
{
	int r = api_start(&m->api);

	if (r == -EINVAL)
		m->blame = BLAME_CONFIG;
	return r;
}

static int phase_api_attach(struct machine *m)
{
	return api_attach(&m->api);
}

static int phase_vcpus(struct machine *m)
{
	m->cpus.ops = platform_vcpu_ops;
	m->cpus.ops.ctx = &m->platform;
	return cpus_open(&m->cpus, &m->vm, &m->caps, &m->sp, m->opt->machine.cpu);
}

static int phase_compat(struct machine *m)
{
	const struct cpu_facts *f = &m->sp.cfg.cpu;

	return f->version == f->pvr ? 0 : cpus_set_compat(&m->cpus, f);
}

static int phase_ram(struct machine *m)
{
	const struct opt_machine *opt = &m->opt->machine;
	int r = ram_open(&m->ram, opt);

	if (r == 0)
		r = numa_share(opt, m->ram.page, &m->sp.cfg.node_size);
	if (r == 0 && !m->tree_only)
		r = numa_bind_ram(opt, &m->ram, m->sp.cfg.node_size);
	m->sp.cfg.nnodes = (uint32_t)opt->nnuma;
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

static int phase_mmu(struct machine *m)
{
	return kvm_mmu_init(&m->vm, &m->sp, m->ram.size, m->ram.page,
			    m->cas.used && m->cas.offer.hash);
}

static int phase_spapr(struct machine *m)
{
	struct spapr_platform plat = platform_ops;
	int r;

	plat.ctx = &m->platform;
	if (m->boot.firmware)
		plat.client_call = platform_client_call;
	m->sp.cfg.name = "spapr-vmm";
	if (firmware_is_blob(&m->opt->boot))
		m->sp.cfg.blob_rtas_size = rtas_stub_size(spapr_max_vcpus(&m->sp));
	r = spapr_init(&m->sp, &plat, &m->mem);
	machine_cas_ready(&m->cas);
	return r;
}

static int phase_nvram(struct machine *m)
{
	const char *path = m->opt->nvram.path;

	return path ? nvram_file_open(&m->nvram, path, &m->sp.nvram) : 0;
}

static int phase_irqchip(struct machine *m)
{
	struct spapr *sp = &m->sp;
	bool xive = sp->mode.intc == INTC_XIVE;
	int r;

	intc_init(&sp->intc, &sp->mode, irqchip_ops(sp->mode.intc), &m->chip, spapr_nservers(sp));
	r = irqchip_open(&m->chip, &m->vm, &sp->intc);
	if (r == 0)
		r = irqchip_connect(&m->chip, &m->cpus);
	if (r == 0)
		r = spapr_claim_sources(sp);
	if (r < 0)
		log_error("irqchip: KVM's %s: %s: try irqchip = \"%s\"", xive ? "XIVE" : "XICS",
			  strerror(-r), xive ? "xics" : "xive");
	return r;
}

static int phase_calls(struct machine *m)
{
	int r = kvm_calls_enable(&m->vm, &m->caps, &m->sp, &m->tce);

	if (r == 0 && m->opt->machine.tce == OPT_TCE_KERNEL)
		log_warn("tce = \"kernel\": a hostile guest can crash the host with it, "
			 "or keep the memory that it had");
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
	struct machine *m = ctx;

	stop_woken(&m->stop);
	watch_woken(&m->watch);
	if (signals_rotation_came())
		machine_rotate(m);
}

static int phase_loop(struct machine *m)
{
	const struct loop_hooks hooks = { m, lock_machine, unlock_machine, woken };
	int r;

	m->has_loop = true;
	r = loop_init(&m->loop, &hooks);
	if (r < 0)
		log_error("I/O loop: %s", strerror(-r));
	return r < 0 ? r : watch_loop(&m->watch, &m->loop);
}

static int phase_vfio(struct machine *m)
{
	return passthrough_check(&m->pass);
}

static int phase_vfio_populate(struct machine *m)
{
	return passthrough_populate(&m->pass);
}

static int phase_vfio_open(struct machine *m)
{
	return passthrough_open(&m->pass);
}

static int phase_vfio_start(struct machine *m)
{
	return passthrough_start(&m->pass);
}

static int phase_vfio_register(struct machine *m)
{
	return passthrough_register(&m->pass);
}

/* Before there are other threads than that of the signals. */
static int phase_sandbox(struct machine *m)
{
	int r = sandbox_prepare(&m->sandbox, &m->opt->sandbox);

	if (r == -ENOENT)
		m->blame = BLAME_CONFIG;
	return r;
}

static int phase_metrics(struct machine *m)
{
	return watch_parts(&m->watch, m->opt, &m->loop);
}

static int phase_shut(struct machine *m)
{
	return sandbox_shut(&m->sandbox);
}

static int phase_paper(struct machine *m)
{
	choices_on_paper(&m->sp, &m->opt->machine);
	return host_cpu_facts(&m->sp.cfg.cpu, PAPER_PVR, m->opt->machine.cpu);
}

static int phase_paper_irqs(struct machine *m)
{
	intc_init(&m->sp.intc, &m->sp.mode, NULL, NULL, spapr_nservers(&m->sp));
	return 0;
}

/* A device says itself whose fault it is: its disk may be no image, or the host may refuse it. */
static int phase_devices(struct machine *m)
{
	const struct emulated_env env = {
		.opt = m->opt,
		.sp = &m->sp,
		.mem = &m->mem,
		.ram = &m->ram,
		.loop = &m->loop,
		.vm = &m->vm,
		.stop = &m->stop,
		.irqfd = m->caps.irqfd,
		.kvm_tables = m->tce.tables,
		.host_devices = m->pass.groups.n > 0,
		.tree_only = m->tree_only,
	};

	return emulated_open(&m->emu, &env, &m->blame);
}

static int open_firmware(struct machine *m)
{
	const struct firmware_env env = {
		.opt = &m->opt->boot,
		.mem = &m->mem,
		.sp = &m->sp,
		.cas = &m->cas,
		.emu = &m->emu,
		.cpus = &m->cpus,
		.stop = &m->stop,
	};

	return firmware_open(&m->firmware, &env);
}

static int phase_images(struct machine *m)
{
	const struct opt_boot *opt = &m->opt->boot;
	int r = m->boot.firmware ? open_firmware(m) : 0;

	if (r == 0 && (opt->kernel || firmware_is_blob(opt)))
		r = power_on_open(&m->boot, opt, m->opt->machine.memory);
	if (m->boot.firmware && m->tree_only) /* the disks are not open */
		return r;
	return r < 0 ? r : power_on_load(&m->boot, &m->mem, &m->sp);
}

static int phase_tree(struct machine *m)
{
	return power_on_build_tree(&m->boot, &m->sp, m->opt->boot.cmdline);
}

static int phase_place(struct machine *m)
{
	return power_on_place_tree(&m->boot, &m->mem);
}

static int phase_console(struct machine *m)
{
	service_watch(&m->service, &m->console);
	return console_open(&m->console, &m->opt->console, &m->sp, &m->loop, &m->stop);
}

static int phase_threads(struct machine *m)
{
	int r = cpus_create_threads(&m->cpus);

	return r < 0 ? r : numa_pin_cpus(&m->opt->machine, &m->cpus);
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
	bool slow; /* it may take long: a service manager is told */
} phases[] = {
	{ "watch", TO_RUN, STATUS_USAGE, phase_watch },
	{ "kvm", FOR_REAL, STATUS_HOST, phase_kvm },
	{ "choices", FOR_REAL, STATUS_HOST, phase_choices },
	{ "api", TO_RUN, STATUS_HOST, phase_api },
	{ "vcpus", FOR_REAL, STATUS_HOST, phase_vcpus },
	{ "compat", FOR_REAL, STATUS_HOST, phase_compat },
	{ "paper", ON_PAPER, STATUS_HOST, phase_paper },
	{ "passthrough", FOR_REAL, STATUS_HOST, phase_vfio },
	{ "ram", ALWAYS, STATUS_HOST, phase_ram },
	{ "slot", FOR_REAL, STATUS_HOST, phase_slot },
	{ "mmu", FOR_REAL, STATUS_HOST, phase_mmu },
	{ "spapr", ALWAYS, STATUS_INTERNAL, phase_spapr },
	{ "nvram", TO_RUN, STATUS_USAGE, phase_nvram },
	{ "irqchip", FOR_REAL, STATUS_HOST, phase_irqchip },
	{ "irqs", ON_PAPER, STATUS_INTERNAL, phase_paper_irqs },
	{ "calls", TO_RUN, STATUS_HOST, phase_calls },
	{ "loop", FOR_REAL, STATUS_INTERNAL, phase_loop },
	{ "sandbox", TO_RUN, STATUS_HOST, phase_sandbox },
	{ "vfio populate", TO_RUN, STATUS_HOST, phase_vfio_populate },
	{ "vfio open", FOR_REAL, STATUS_HOST, phase_vfio_open, .slow = true },
	{ "vfio start", FOR_REAL, STATUS_HOST, phase_vfio_start },
	{ "vfio register", TO_RUN, STATUS_HOST, phase_vfio_register, .slow = true },
	{ "devices", FOR_REAL, STATUS_HOST, phase_devices },
	{ "images", ALWAYS, STATUS_USAGE, phase_images, .slow = true },
	{ "tree", ALWAYS, STATUS_INTERNAL, phase_tree },
	{ "place", TO_RUN, STATUS_INTERNAL, phase_place },
	{ "console", TO_RUN, STATUS_USAGE, phase_console },
	{ "api process", TO_RUN, STATUS_HOST, phase_api_attach },
	{ "threads", TO_RUN, STATUS_HOST, phase_threads },
	{ "metrics", TO_RUN, STATUS_USAGE, phase_metrics },
	{ "shut", TO_RUN, STATUS_HOST, phase_shut },
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
		if (p->slow)
			service_phase(&m->service, p->name);
		r = p->fn(m);
		if (r < 0)
			return m->blame == BLAME_CONFIG ? STATUS_USAGE : p->blame;
		now = sys_now_ns();
		watch_phase(&m->watch, p->name, before, now);
		log_debug("phase %s: %llu us, %llu us since start", p->name,
			  (unsigned long long)(now - before) / 1000,
			  (unsigned long long)(now - start) / 1000);
	}
	return STATUS_OFF;
}

enum exit_status startup_run(struct machine *m)
{
	m->status = run_phases(m, true);
	return m->status;
}

enum exit_status startup_tree(struct machine *m)
{
	return run_phases(m, false);
}
