/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/startup.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/phases.h"
#include "vmm/machine/signals.h"

#include <errno.h>
#include <stdlib.h>

static void wanted_back(void *ctx)
{
	stop_host_asks_off(ctx);
}

static void init_watch(struct machine *m)
{
	const struct watch_env env = {
		.opt = m->opt,
		.cpus = &m->cpus,
		.sp = &m->sp,
		.pass = &m->pass,
		.emu = &m->emu,
		.console = &m->console,
		.ram = &m->ram,
		.stop = &m->stop,
	};

	watch_init(&m->watch, &env);
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
		.service = &m->service,
		.console = &m->console,
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
	init_watch(m);
	m->vm = (struct kvm_vm){ .kvm_fd = -1, .fd = -1 };
	m->chip.fd = -1;
	power_on_init(&m->boot, &opt->boot, &m->firmware, &m->cas);
	nvram_file_init(&m->nvram);
	init_passthrough(m);
	init_api(m);
	m->cas = (struct machine_cas){ .sp = &m->sp,
				       .cpus = &m->cpus,
				       .chip = &m->chip,
				       .vm = &m->vm,
				       .caps = &m->caps,
				       .stop = &m->stop,
				       .used = m->boot.cas };
	m->platform = (struct platform){ &m->sp,    &m->cpus,         &m->vm,  &m->stop,
					 &m->nvram, m->boot.firmware, &m->boot };
	stop_init(&m->stop, &m->sp, &m->cpus, &m->loop);
	service_init(&m->service, opt, &m->cpus, &m->loop);
	return m;
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
	{ "files", ALWAYS, STATUS_USAGE, phase_files, .slow = true },
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
	{ "console", TO_RUN, STATUS_USAGE, phase_console },
	{ "readiness", TO_RUN, STATUS_HOST, phase_readiness },
	{ "api process", TO_RUN, STATUS_HOST, phase_api_attach },
	{ "threads", TO_RUN, STATUS_HOST, phase_threads },
	{ "metrics", TO_RUN, STATUS_USAGE, phase_metrics },
	{ "shut", TO_RUN, STATUS_HOST, phase_shut },
	/* What other people's kernels and disks hold is read without rights, as by a reboot. */
	{ "load", ALWAYS, STATUS_USAGE, phase_load, .slow = true },
	{ "tree", ALWAYS, STATUS_INTERNAL, phase_tree },
	{ "place", TO_RUN, STATUS_INTERNAL, phase_place },
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
		if (r == -ECANCELED && signals_end_came()) /* no failure, and nothing to run */
			return STATUS_OFF;
		if (r < 0) {
			service_failed(&m->service, p->name, -r);
			return m->blame == BLAME_CONFIG ? STATUS_USAGE : p->blame;
		}
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
