/* SPDX-License-Identifier: BSD-2-Clause */
/* Which disk boots, and the end where none does. */
#define LOG_PREFIX "boot"
#include "vmm/base/log.h"
#include "vmm/machine/firmware.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool may_boot(const struct firmware *f, const struct fw_disk *d)
{
	return !f->env.opt->device || strcmp(f->env.opt->device, d->name) == 0;
}

/* The disks that lie have had their lines; of those on which there is nothing, and which were tried. */
static void say_why(struct firmware *f, uint32_t first)
{
	for (uint32_t i = first; i < f->ndisks; i++) {
		struct fw_disk d = firmware_disk_to_boot(f, i);

		if (may_boot(f, &d) && f->behind[i].has_nothing)
			disk_say_why(&d);
	}
}

/*
 * No disk boots, from @first on. At power-on that is the user's error; later a guest has spoilt its own
 * disks, or has given up, and so it ends as one that crashed.
 */
static int nothing_boots(struct firmware *f, uint32_t first)
{
	const char *device = f->env.opt->device;
	char text[200];

	say_why(f, first);
	if (first > 0)
		snprintf(text, sizeof(text),
			 "the boot program of %s gave up, and no further disk boots: "
			 "see its console",
			 f->disks[first - 1].name);
	else if (device)
		snprintf(text, sizeof(text),
			 "%s does not boot%s: mend it%s, or name a kernel by boot.kernel", device,
			 f->has_run ? " any more" : "", f->has_run ? "" : ", correct boot.device");
	else
		snprintf(text, sizeof(text),
			 "none of the %u disks boots%s: name a kernel by boot.kernel", f->ndisks,
			 f->has_run ? " any more" : "");
	if (f->has_run)
		stop_request(f->env.stop, STOP_CRASH, text);
	else
		log_error("%s", text);
	return -ENOENT;
}

/* What a disk that failed left in RAM stays there: a program is laid over it, and so is its BSS. */
int firmware_load_disk(struct firmware *f, gpa_t limit)
{
	uint32_t first = f->next;

	f->next = 0;
	for (uint32_t i = first; i < f->ndisks; i++) {
		struct fw_disk d = firmware_disk_to_boot(f, i);
		int r = may_boot(f, &d) ? disk_boot_load(f->env.mem, &d, limit, &f->client)
					: -ENOENT;

		f->booted = i;
		f->behind[i].has_nothing = r == -ENOENT;
		if (r < 0)
			continue;
		f->has_run = true;
		if (log_may(&f->said_boots))
			log_info("%s: %s", d.name, f->client.found);
		return 0;
	}
	return nothing_boots(f, first);
}
