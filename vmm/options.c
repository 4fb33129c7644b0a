/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/options.h"

#include "vmm/base/conf.h"
#include "vmm/options_check.h"

#include <errno.h>

/* In the order of the enums in options.h. */
static const char *const mmu_names[] = { "auto", "radix", "hash", NULL };
static const char *const irqchip_names[] = { "auto", "xive", "xics", NULL };
static const char *const cpu_names[] = { "host", "power9", "power10", NULL };
static const char *const bulk_tce_names[] = { "checked", "kernel", NULL };
static const char *const reboot_names[] = { "restart", "exit", NULL };
static const char *const bind_names[] = { "auto", "manual", NULL };
static const char *const net_names[] = { "user", "tap", NULL };

static const struct conf_word huge_words[] = {
	{ "auto", OPT_HUGE_AUTO },
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
	  .help = "how the guest translates addresses" },
	{ "irqchip", CONF_ENUM, offsetof(struct opt_machine, irqchip), .def = "auto",
	  .choices = irqchip_names, .help = "interrupt controller, auto is the host's best" },
	{ "cpu", CONF_ENUM, offsetof(struct opt_machine, cpu), .def = "host", .choices = cpu_names,
	  .help = "processor the guest sees" },
	{ "huge_pages", CONF_SIZE, offsetof(struct opt_machine, huge_pages), .def = "auto",
	  .min = 64 * KiB, .max = 16 * GiB, .power_of_2 = true, .words = huge_words,
	  .help = "host pages behind guest RAM, auto when enough are free" },
	{ "bulk_tce", CONF_ENUM, offsetof(struct opt_machine, bulk_tce), .def = "checked",
	  .choices = bulk_tce_names,
	  .help = "who serves H_PUT_TCE_INDIRECT and H_STUFF_TCE, kernel for trusted guests only" },
	{ "on_reboot", CONF_ENUM, offsetof(struct opt_machine, on_reboot), .def = "restart",
	  .choices = reboot_names, .help = "boot again in place, or exit with status 5" },
	{ 0 },
};

/* COMMAND_LINE_SIZE of Linux on powerpc is 2048, the final NUL included. */
static const struct conf_key boot_keys[] = {
	{ "kernel", CONF_PATH, offsetof(struct opt_boot, kernel), .required = true,
	  .check = conf_check_file, .help = "ELF file, either endianness" },
	{ "initrd", CONF_PATH, offsetof(struct opt_boot, initrd), .check = conf_check_file,
	  .help = "initial RAM disk" },
	{ "cmdline", CONF_STRING, offsetof(struct opt_boot, cmdline), .def = "console=hvc0",
	  .max_len = 2047, .help = "kernel command line" },
	{ 0 },
};

static const struct conf_key console_keys[] = {
	{ "backend", CONF_STRING, offsetof(struct opt_console, backend), .def = "stdio",
	  .check = check_console, .form = "stdio|pty|file:PATH|unix:PATH|none",
	  .help = "where the guest's console goes" },
	{ 0 },
};

static const struct conf_key vfio_keys[] = {
	{ "host", CONF_STRING, offsetof(struct opt_vfio, host), .required = true,
	  .check = check_pci_host, .form = "DDDD:BB:DD.F", .help = "PCI address on the host" },
	{ "bind", CONF_ENUM, offsetof(struct opt_vfio, bind), .def = "auto", .choices = bind_names,
	  .help = "auto binds to vfio-pci and gives the driver back at the end" },
	{ "ddw", CONF_BOOL, offsetof(struct opt_vfio, ddw), .def = "true",
	  .help = "offer dynamic DMA windows" },
	{ 0 },
};

static const struct conf_key disk_keys[] = {
	{ "path", CONF_PATH, offsetof(struct opt_disk, path), .required = true,
	  .check = conf_check_file, .help = "raw image or block device" },
	{ "read_only", CONF_BOOL, offsetof(struct opt_disk, read_only), .def = "false",
	  .help = "refuse writes of the guest" },
	{ 0 },
};

static const struct conf_key net_keys[] = {
	{ "backend", CONF_ENUM, offsetof(struct opt_net, backend), .def = "user",
	  .choices = net_names, .help = "user needs no rights (libslirp)" },
	{ "mac", CONF_STRING, offsetof(struct opt_net, mac), .check = check_mac,
	  .form = "XX:XX:XX:XX:XX:XX",
	  .help = "Ethernet address, made from the position if missing" },
	{ "forward", CONF_LIST, offsetof(struct opt_net, forward),
	  .count_offset = offsetof(struct opt_net, nforward), .check = check_forward,
	  .form = "\"tcp:127.0.0.1:2222-:22\"",
	  .help = "host ports that lead into the guest, with user only" },
	{ 0 },
};

const struct conf_section options_sections[] = {
	{ "machine", machine_keys, offsetof(struct options, machine),
	  .help = "the machine itself" },
	{ "boot", boot_keys, offsetof(struct options, boot), .help = "what it starts" },
	{ "console", console_keys, offsetof(struct options, console), .help = "its console" },
	{ "vfio", vfio_keys, offsetof(struct options, vfio), .array = true,
	  .count_offset = offsetof(struct options, nvfio), .size = sizeof(struct opt_vfio),
	  .help = "PCI devices passed through, any number" },
	{ "disk", disk_keys, offsetof(struct options, disk), .array = true,
	  .count_offset = offsetof(struct options, ndisk), .size = sizeof(struct opt_disk),
	  .help = "virtio disks, any number" },
	{ "net", net_keys, offsetof(struct options, net), .array = true,
	  .count_offset = offsetof(struct options, nnet), .size = sizeof(struct opt_net),
	  .help = "virtio network cards, any number" },
	{ 0 },
};

int options_load(struct options *opt, const char *path, char *const *sets, int nsets)
{
	struct conf c;
	int r;

	*opt = (struct options){ 0 };
	if (conf_open(&c, path) == 0) {
		for (int i = 0; i < nsets; i++)
			conf_set(&c, sets[i]);
		conf_read(&c, options_sections, opt);
		options_check_all(&c, opt);
	}
	r = conf_report(&c);
	conf_close(&c);
	if (r < 0)
		options_free(opt);
	return r;
}

void options_free(struct options *opt)
{
	conf_release(options_sections, opt);
	*opt = (struct options){ 0 };
}

void options_print(const struct options *opt, FILE *out)
{
	conf_print(options_sections, opt, out);
}
