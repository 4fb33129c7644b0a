/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's own key tables, and all of them joined: what can be said in a configuration. */
#include "vmm/machine/options.h"

#include "devices/backend/chardev/chardev.h"
#include "vmm/control/events.h"
#include "vmm/machine/options_check.h"

#include <string.h>

/* In the order of the enums in options.h. */
static const char *const mmu_names[] = { "auto", "radix", "hash", NULL };
static const char *const irqchip_names[] = { "auto", "xive", "xics", NULL };
static const char *const cpu_names[] = { "host", "power9", "power10", "power11", NULL };
static const char *const tce_names[] = { "checked", "kernel", NULL };
static const char *const reboot_names[] = { "restart", "exit", NULL };
static const char *const bind_names[] = { "auto", "manual", NULL };
static const char *const sandbox_names[] = { "on", "log", "off", NULL };
static const char *const start_names[] = { "running", "paused", NULL };
static const char *const unbind_names[] = { "stop", "ignore", NULL };

static const char *const reset_names[] = { "auto", "bus", "function", "none",
					   NULL }; /* vfio/reset.h */

static const struct conf_word huge_words[] = {
	{ "auto", OPT_HUGE_AUTO },
	{ "off", 0 },
	{ 0 },
};

static const struct conf_word off_words[] = {
	{ "off", 0 },
	{ 0 },
};

static const struct conf_key machine_keys[] = {
	{ "memory", CONF_SIZE, offsetof(struct opt_machine, memory), .def = "512MiB",
	  .min = 128 * MiB, .max = 16 * TiB, .multiple = 64 * KiB, .help = "guest RAM" },
	{ "vcpus", CONF_UINT, offsetof(struct opt_machine, vcpus), .def = "1", .min = 1,
	  .max = 2048, .help = "virtual CPUs, as hardware threads" },
	{ "threads_per_core", CONF_UINT, offsetof(struct opt_machine, threads_per_core), .def = "1",
	  .min = 1, .max = 8, .power_of_2 = true, .help = "guest SMT, a power of two" },
	{ "mmu", CONF_ENUM, offsetof(struct opt_machine, mmu), .def = "auto", .choices = mmu_names,
	  .help = "how the guest translates addresses; auto: a guest of firmware chooses" },
	{ "irqchip", CONF_ENUM, offsetof(struct opt_machine, irqchip), .def = "auto",
	  .choices = irqchip_names,
	  .help = "interrupt controller, auto is the host's best; a guest of firmware chooses" },
	{ "cpu", CONF_ENUM, offsetof(struct opt_machine, cpu), .def = "host", .choices = cpu_names,
	  .help = "processor the guest sees" },
	{ "huge_pages", CONF_SIZE, offsetof(struct opt_machine, huge_pages), .def = "auto",
	  .min = 64 * KiB, .max = 16 * GiB, .power_of_2 = true, .words = huge_words,
	  .help = "host pages behind guest RAM, auto when enough are free" },
	{ "tce", CONF_ENUM, offsetof(struct opt_machine, tce), .def = "checked",
	  .choices = tce_names,
	  .help = "who serves H_PUT_TCE and its kin, kernel for trusted guests only" },
	{ "on_reboot", CONF_ENUM, offsetof(struct opt_machine, on_reboot), .def = "restart",
	  .choices = reboot_names, .help = "boot again in place, or exit with status 5" },
	{ "cpus", CONF_LIST, offsetof(struct opt_machine, cpus),
	  .count_offset = offsetof(struct opt_machine, ncpus), .numbers = true,
	  .max = OPT_HOST_CPU_MAX, .form = "N or [N, ...]",
	  .help = "host CPUs, an element for each vCPU" },
	{ "numa", CONF_LIST, offsetof(struct opt_machine, numa),
	  .count_offset = offsetof(struct opt_machine, nnuma), .numbers = true,
	  .max = OPT_HOST_NODE_MAX, .check = check_node, .form = "N",
	  .help = "host nodes that RAM is on, nodes of the guest, too" },
	{ "numa_memory", CONF_LIST, offsetof(struct opt_machine, numa_memory),
	  .count_offset = offsetof(struct opt_machine, nnuma_memory), .check = check_node_memory,
	  .form = "SIZE", .help = "RAM of each of them, else equal shares" },
	{ 0 },
};

static const struct conf_key boot_keys[] = {
	{ "kernel", CONF_PATH, offsetof(struct opt_boot, kernel), .required = true,
	  .or_section = "disk", .or_key = "firmware", .not_section = "vfio",
	  .not_why = "no firmware here boots a passed-through device", .check = conf_check_file,
	  .help = "ELF file for ppc64, also in gzip, xz, zstd or zImage, without it a disk boots" },
	{ "initrd", CONF_PATH, offsetof(struct opt_boot, initrd), .check = conf_check_file,
	  .help = "initial RAM disk" },
	{ "cmdline", CONF_STRING, offsetof(struct opt_boot, cmdline), .def = "console=hvc0",
	  .max_len = OPT_CMDLINE_MAX, .help = "command line of that kernel" },
	{ "device", CONF_STRING, offsetof(struct opt_boot, device), .form = "diskN",
	  .help = "without a kernel, the [[disk]] that boots, counted from 0, else the first that can" },
	{ "firmware", CONF_STRING, offsetof(struct opt_boot, firmware), .check = check_firmware,
	  .form = "builtin|PATH", .help = "what runs before the kernel, a file such as slof.bin" },
	{ 0 },
};

static const struct conf_key nvram_keys[] = {
	{ "path", CONF_PATH, offsetof(struct opt_nvram, path), .check = check_nvram_path,
	  .help = "file that keeps the guest's settings, made where there is none" },
	{ 0 },
};

static const struct conf_key console_keys[] = {
	{ "backend", CONF_STRING, offsetof(struct opt_console, backend), .def = "stdio",
	  .check = chardev_check_spec, .form = CHARDEV_SPEC_FORM,
	  .help = "where the guest's console goes" },
	{ "log", CONF_PATH, offsetof(struct opt_console, log),
	  .help = "a file that keeps what it says, appended to" },
	{ "log_rate", CONF_SIZE, offsetof(struct opt_console, log_rate), .def = "256KiB",
	  .min = 1 * KiB, .max = 1 * GiB, .words = off_words,
	  .help = "what the log takes a second, four times as much at first" },
	{ "log_size", CONF_SIZE, offsetof(struct opt_console, log_size), .def = "off",
	  .min = 4 * KiB, .max = 16 * TiB, .words = off_words,
	  .help = "then the log becomes PATH.1, and a new one begins" },
	{ 0 },
};

static const struct conf_key sandbox_keys[] = {
	{ "mode", CONF_ENUM, offsetof(struct opt_sandbox, mode), .def = "on",
	  .choices = sandbox_names, .help = "log refuses nothing, and names what on would refuse" },
	{ "user", CONF_STRING, offsetof(struct opt_sandbox, user),
	  .help = "whom the program becomes when root started it, a name or number" },
	{ 0 },
};

static const struct conf_key service_keys[] = {
	{ "ready", CONF_STRING, offsetof(struct opt_service, ready), .def = "started",
	  .max_len = 128, .check = check_ready, .form = "started|console|console:TEXT|notify",
	  .help = "the mark at which a service manager is told that the guest is ready" },
	{ 0 },
};

static const struct conf_key api_keys[] = {
	{ "socket", CONF_STRING, offsetof(struct opt_api, socket), .check = check_api_socket,
	  .form = "PATH|fd:NAME", .help = "where the control API listens, fd: a socket unit's" },
	{ "mode", CONF_STRING, offsetof(struct opt_api, mode), .def = "0600",
	  .check = check_file_mode, .form = "OCTAL",
	  .help = "who may connect, and so owns the guest, as a file's mode" },
	{ "group", CONF_STRING, offsetof(struct opt_api, group),
	  .help = "the socket's group, a name or number" },
	{ "start", CONF_ENUM, offsetof(struct opt_api, start), .def = "running",
	  .choices = start_names, .help = "paused waits for vm.boot" },
	{ 0 },
};

static const struct conf_key events_keys[] = {
	{ "path", CONF_STRING, offsetof(struct opt_events, path), .check = events_check_path,
	  .form = "PATH|unix:PATH",
	  .help = "file, FIFO or socket for what happens, lines of JSON" },
	{ 0 },
};

static const struct conf_key metrics_keys[] = {
	{ "path", CONF_PATH, offsetof(struct opt_metrics, path),
	  .help = "file for counters, in Prometheus' text format" },
	{ "interval", CONF_UINT, offsetof(struct opt_metrics, interval), .def = "15", .min = 1,
	  .max = 86400, .help = "seconds until the file is replaced by the next" },
	{ 0 },
};

static const struct conf_key vfio_keys[] = {
	{ "host", CONF_STRING, offsetof(struct opt_vfio, host), .required = true,
	  .check = check_pci_host, .form = "DDDD:BB:DD.F", .help = "PCI address on the host" },
	{ "bind", CONF_ENUM, offsetof(struct opt_vfio, bind), .def = "auto", .choices = bind_names,
	  .help = "auto binds to vfio-pci and gives the driver back at the end" },
	{ "on_unbind", CONF_ENUM, offsetof(struct opt_vfio, on_unbind), .def = "stop",
	  .choices = unbind_names,
	  .help = "when the host wants it back, power the guest off, or let the host wait" },
	{ "ddw", CONF_BOOL, offsetof(struct opt_vfio, ddw), .def = "true",
	  .help = "offer dynamic DMA windows" },
	{ "force", CONF_BOOL, offsetof(struct opt_vfio, force), .def = "false",
	  .help = "take it from the host even if the host uses it" },
	{ "reset", CONF_ENUM, offsetof(struct opt_vfio, reset), .def = "auto",
	  .choices = reset_names,
	  .help = "how it is reset, bus is with all that is below its port" },
	{ 0 },
};

static const struct conf_section own_sections[] = {
	{ "machine", machine_keys, offsetof(struct options, machine),
	  .help = "the machine itself" },
	{ "boot", boot_keys, offsetof(struct options, boot), .help = "what it starts" },
	{ "nvram", nvram_keys, offsetof(struct options, nvram), .help = "its non-volatile memory" },
	{ "console", console_keys, offsetof(struct options, console), .help = "its console" },
	{ "sandbox", sandbox_keys, offsetof(struct options, sandbox),
	  .help = "what the program gives up before the guest runs" },
	{ "service", service_keys, offsetof(struct options, service),
	  .help = "what a service manager is told" },
	{ "api", api_keys, offsetof(struct options, api),
	  .help = "who may ask, and change things" },
	{ "events", events_keys, offsetof(struct options, events),
	  .help = "what happens, as lines" },
	{ "metrics", metrics_keys, offsetof(struct options, metrics),
	  .help = "counters, as a file" },
	{ "vfio", vfio_keys, offsetof(struct options, vfio), .array = true,
	  .count_offset = offsetof(struct options, nvfio), .size = sizeof(struct opt_vfio),
	  .help = "PCI devices passed through, any number" },
};

const struct conf_section *options_sections(void)
{
	/* Filled by the first call, then constant. */
	static struct conf_section all[ARRAY_LEN(own_sections) + DEVICE_MODELS_MAX + 1];

	if (all[0].name)
		return all;
	memcpy(all, own_sections, sizeof(own_sections));
	for (size_t i = 0; device_models[i]; i++) {
		const struct device_model *model = device_models[i];
		size_t at = offsetof(struct options, devices) + i * sizeof(struct opt_devices);

		all[ARRAY_LEN(own_sections) + i] = (struct conf_section){
			.name = model->section,
			.keys = model->keys,
			.offset = at + offsetof(struct opt_devices, confs),
			.array = !model->once,
			.optional = model->once,
			.count_offset = at + offsetof(struct opt_devices, n),
			.size = model->conf_size,
			.help = model->help,
		};
	}
	return all;
}
