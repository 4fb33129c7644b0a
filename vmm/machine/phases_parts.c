/* SPDX-License-Identifier: BSD-2-Clause */
/* Phases of a start that open what is around the virtual CPUs: loop, devices, images, console, sandbox. */
#define LOG_PREFIX "machine"
#include "vmm/machine/phases.h"

#include "vmm/base/log.h"
#include "vmm/machine/rotate.h"
#include "vmm/machine/signals.h"

#include <stdio.h>
#include <string.h>

int phase_watch(struct machine *m)
{
	return watch_open(&m->watch);
}

/* The process of the API is forked before there is memory or a thread that it could inherit. */
int phase_api(struct machine *m)
{
	return api_start(&m->api, &m->blame);
}

int phase_api_attach(struct machine *m)
{
	return api_attach(&m->api);
}

int phase_nvram(struct machine *m)
{
	const char *path = m->opt->nvram.path;

	if (!path)
		return 0;
	return m->opt->dry ? nvram_file_try(path) : nvram_file_open(&m->nvram, path, &m->sp.nvram);
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
		log_files_rotate(&m->console, &m->watch);
}

int phase_loop(struct machine *m)
{
	const struct loop_hooks hooks = { m, lock_machine, unlock_machine, woken };
	int r;

	m->has_loop = true;
	r = loop_init(&m->loop, &hooks);
	if (r < 0)
		log_error("I/O loop: %s", strerror(-r));
	return r < 0 ? r : watch_loop(&m->watch, &m->loop);
}

int phase_vfio(struct machine *m)
{
	return passthrough_check(&m->pass);
}

int phase_vfio_populate(struct machine *m)
{
	return passthrough_populate(&m->pass);
}

int phase_vfio_open(struct machine *m)
{
	return passthrough_open(&m->pass);
}

int phase_vfio_start(struct machine *m)
{
	return passthrough_start(&m->pass);
}

int phase_vfio_register(struct machine *m)
{
	return passthrough_register(&m->pass);
}

/* Before there are other threads than that of the signals. */
int phase_sandbox(struct machine *m)
{
	return sandbox_prepare(&m->sandbox, &m->opt->sandbox, &m->blame);
}

int phase_metrics(struct machine *m)
{
	return watch_parts(&m->watch);
}

int phase_shut(struct machine *m)
{
	return sandbox_shut(&m->sandbox);
}

/* A device says itself whose fault it is: its disk may be no image, or the host may refuse it. */
int phase_devices(struct machine *m)
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
		.kvm_puts = m->tce.put,
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

/* A path, and the word behind which SLOF tries nothing else. On paper there are no devices. */
static void choose_disk(struct machine *m)
{
	const char *disk = m->opt->boot.device;
	char path[64];

	if (disk && emulated_path(&m->emu, disk, path, sizeof(path)))
		snprintf(m->boot.boot_list, sizeof(m->boot.boot_list), "%s HALT", path);
}

int phase_files(struct machine *m)
{
	int r = power_on_open(&m->boot, &m->opt->boot);

	return r < 0 ? r : power_on_unpack(&m->boot, m->opt->machine.memory);
}

int phase_images(struct machine *m)
{
	int r = m->boot.firmware ? open_firmware(m) : 0;

	if (firmware_is_blob(&m->opt->boot))
		choose_disk(m);
	return r;
}

int phase_load(struct machine *m)
{
	if (m->boot.firmware && m->tree_only && !m->opt->boot.kernel)
		return 0; /* the disks are not open */
	return power_on_load(&m->boot, &m->mem, &m->sp);
}

int phase_tree(struct machine *m)
{
	return power_on_build_tree(&m->boot, &m->sp, m->opt->boot.cmdline);
}

int phase_place(struct machine *m)
{
	return power_on_place_tree(&m->boot, &m->mem);
}

int phase_readiness(struct machine *m)
{
	return service_listen(&m->service);
}

int phase_console(struct machine *m)
{
	service_watch(&m->service, &m->console);
	return console_open(&m->console, &m->opt->console, &m->sp, &m->loop, &m->stop);
}
