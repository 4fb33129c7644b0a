/* SPDX-License-Identifier: BSD-2-Clause */
/* [boot]: a kernel, a disk or firmware of others, and what goes with which. */
#include "vmm/machine/options_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static size_t ndisks(const struct options *opt)
{
	for (size_t m = 0; device_models[m]; m++)
		if (strcmp(device_models[m]->section, "disk") == 0)
			return opt->devices[m].n;
	return 0;
}

int complete_boot(struct conf *c, struct options *opt)
{
	struct opt_boot *b = &opt->boot;

	if (conf_find(c, "boot", 0, "kernel"))
		return 0;
	if (!conf_find(c, "boot", 0, "cmdline")) {
		free(b->cmdline);
		b->cmdline = NULL;
	}
	if (conf_find(c, "boot", 0, "firmware") || ndisks(opt) == 0)
		return 0;
	b->firmware = strdup(OPT_FIRMWARE_BUILTIN);
	return b->firmware ? 0 : -ENOMEM;
}

static void check_boot_device(struct conf *c, const struct options *opt)
{
	struct conf_at at = conf_at_value(conf_find(c, "boot", 0, "device"));
	char name[32];

	for (size_t i = 0; i < ndisks(opt); i++) {
		snprintf(name, sizeof(name), "disk%zu", i);
		if (same(opt->boot.device, name))
			return;
	}
	if (ndisks(opt) == 0)
		conf_error(c, at, "boot.device: \"%.60s\": there is no [[disk]]", opt->boot.device);
	else if (ndisks(opt) == 1)
		conf_error(c, at, "boot.device: \"%.60s\" is no disk: there is only disk0",
			   opt->boot.device);
	else
		conf_error(c, at, "boot.device: \"%.60s\" is no disk: there are disk0 to disk%zu",
			   opt->boot.device, ndisks(opt) - 1);
}

void check_boot(struct conf *c, const struct options *opt)
{
	const struct opt_boot *b = &opt->boot;
	const struct toml_node *kernel = conf_find(c, "boot", 0, "kernel");

	if (same(b->firmware, OPT_FIRMWARE_BUILTIN) && !kernel && ndisks(opt) == 0)
		conf_error(
			c, conf_at_value(conf_find(c, "boot", 0, "firmware")),
			"boot.firmware: \"%s\" starts a boot.kernel or a [[disk]], and there is none",
			b->firmware);
	if (b->device && kernel)
		conf_error(c, conf_at_value(conf_find(c, "boot", 0, "device")),
			   "boot.device: boot.kernel boots, no disk does: leave one of them out");
	else if (b->device)
		check_boot_device(c, opt);
	if (b->initrd && !kernel)
		conf_error(c, conf_at_value(conf_find(c, "boot", 0, "initrd")),
			   "boot.initrd: there is no boot.kernel that it belongs to");
	if (b->cmdline && *b->cmdline && !kernel && ndisks(opt) > 0 &&
	    same(b->firmware, OPT_FIRMWARE_BUILTIN))
		conf_error(c, conf_at_value(conf_find(c, "boot", 0, "cmdline")),
			   "boot.cmdline: the disk's own boot loader decides what its kernel gets: "
			   "change it there (GRUB_CMDLINE_LINUX), or name a boot.kernel");
}
