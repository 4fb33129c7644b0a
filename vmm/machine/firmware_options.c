/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings of firmware: in NVRAM, where its guest keeps them, and of which it makes a kernel's arguments. */
#define LOG_PREFIX "firmware"
#include "vmm/base/log.h"
#include "vmm/machine/firmware.h"

#include <stdio.h>

#define SETTINGS_MAX 256 /* more are a guest's mischief */
#define KERNEL_BOOTARGS "kernel-bootargs"

void firmware_options(void *ctx, of_option_fn *each, void *arg)
{
	const struct firmware *f = ctx;
	const struct nvram *nv = &f->env.sp->nvram;
	struct nvram_range left = nvram_settings(nv);
	struct nvram_setting s;
	char name[OF_NAME_MAX];

	for (unsigned int n = 0; n < SETTINGS_MAX && nvram_next(nv, &left, &s); n++) {
		if (s.name_len >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)s.name_len, s.name);
		each(arg, name, s.value);
	}
}

int firmware_set_option(void *ctx, const char *name, const char *value)
{
	const struct firmware *f = ctx;
	struct spapr *sp = f->env.sp;
	struct nvram_range changed;
	int r = nvram_set(&sp->nvram, name, value, &changed);

	if (r == 0 && sp->plat.nvram_stored)
		sp->plat.nvram_stored(sp->plat.ctx, changed.offset, changed.len);
	return r;
}

struct finder {
	const char *value;
};

static void find(void *arg, const char *name, const char *value)
{
	struct finder *f = arg;

	if (strcmp(name, KERNEL_BOOTARGS) == 0)
		f->value = value;
}

const char *firmware_bootargs(struct firmware *f, const char *own, char buf[OF_BOOTARGS_MAX])
{
	struct finder found = { 0 };
	int n;

	firmware_options(f, find, &found);
	if (!found.value)
		return own;
	n = snprintf(buf, OF_BOOTARGS_MAX, "%s%s%s", own, own[0] ? " " : "", found.value);
	if (n >= 0 && n < OF_BOOTARGS_MAX)
		return buf;
	if (log_may(&f->said_args))
		log_warn("NVRAM's " KERNEL_BOOTARGS " is too long: "
			 "%d bytes with the arguments that there are, at most %u fit: "
			 "shorten it in the guest",
			 n, OF_BOOTARGS_MAX - 1);
	return own;
}
