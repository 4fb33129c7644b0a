/* SPDX-License-Identifier: BSD-2-Clause */
/* service.ready: the mark, and what "notify" needs: a vsock device, and a guest that knows whom to tell. */
#include "vmm/control/guest_notify.h"
#include "vmm/machine/options_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CREDENTIAL "vmm.notify_socket"

int check_ready(struct conf_value *v)
{
	const char *s = v->text;

	if (strcmp(s, "started") == 0 || strcmp(s, "console") == 0 ||
	    (strncmp(s, "console:", 8) == 0 && s[8]) || strcmp(s, OPT_READY_NOTIFY) == 0)
		return 0;
	return conf_why(v, "\"%.60s\" is none of started, console, console:TEXT, notify", s);
}

uint32_t options_guest_cid(const struct options *opt)
{
	for (size_t m = 0; device_models[m]; m++) {
		const struct conf_key *key = device_models[m]->keys;

		if (strcmp(device_models[m]->section, "vsock") != 0 || opt->devices[m].n == 0)
			continue;
		while (strcmp(key->name, "cid") != 0)
			key++;
		return (uint32_t)*(const uint64_t *)((const char *)options_device(opt, m, 0) +
						     key->offset);
	}
	return 0;
}

bool options_guest_notifies(const struct options *opt)
{
	return opt->service.ready && strcmp(opt->service.ready, OPT_READY_NOTIFY) == 0;
}

/* Whom the guest is to tell, unless its command line says that already. */
int complete_ready(struct options *opt)
{
	uint32_t cid = options_guest_cid(opt);
	const char *old = opt->boot.cmdline;
	char *text;

	if (!options_guest_notifies(opt) || !cid || !opt->boot.kernel || !old ||
	    strstr(old, CREDENTIAL))
		return 0;
	if (asprintf(&text, "%s systemd.set_credential=" CREDENTIAL ":vsock-stream:2:%u", old,
		     guest_notify_port(cid)) < 0)
		return -ENOMEM;
	free(opt->boot.cmdline);
	opt->boot.cmdline = text;
	return 0;
}

void check_ready_together(struct conf *c, const struct options *opt)
{
	if (options_guest_notifies(opt) && !options_guest_cid(opt))
		conf_error(c, conf_at_value(conf_find(c, "service", 0, "ready")),
			   "service.ready: the guest tells by vsock: add [vsock] with its cid");
	if (options_guest_notifies(opt) && opt->boot.cmdline &&
	    strlen(opt->boot.cmdline) > OPT_CMDLINE_MAX)
		conf_error(c, conf_at_value(conf_find(c, "boot", 0, "cmdline")),
			   "boot.cmdline: %zu bytes with what service.ready adds, at most %u fit: "
			   "make it shorter",
			   strlen(opt->boot.cmdline), OPT_CMDLINE_MAX);
}
