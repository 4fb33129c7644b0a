/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "api"
#include "vmm/machine/api.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/host.h"

#include <errno.h>
#include <stdlib.h>

void api_init(struct api *a, const struct api_env *env)
{
	*a = (struct api){ .from = *env, .on = env->opt->api.socket, .state = API_RUNNING };
	control_init(&a->control);
}

static int find_group(const char *name, uint32_t *gid, enum blame *blame)
{
	*gid = UNIX_SOCKET_OWN_GROUP;
	if (!name || !*name || host_find_group(name, gid))
		return 0;
	log_error("group %s: there is none of this name: correct api.group", name);
	*blame = BLAME_CONFIG;
	return -ENOENT;
}

int api_start(struct api *a, enum blame *blame)
{
	const struct opt_api *opt = &a->from.opt->api;
	uint32_t gid;
	int r;

	if (!a->on)
		return 0;
	a->from.boot->keeps_fdt = true;
	r = find_group(opt->group, &gid, blame);
	if (r == 0)
		r = control_start(&a->control, opt->socket,
				  (unsigned int)strtoul(opt->mode, NULL, 8), gid, SPAPR_VERSION,
				  blame);
	return r;
}

int api_attach(struct api *a)
{
	const struct control_ops ops = { a, api_get, api_change, api_read_console };

	return a->on ? control_attach(&a->control, a->from.loop, &ops) : 0;
}

void api_begin(struct api *a)
{
	if (!a->on)
		return;
	a->start_ns = sys_now_ns();
	if (a->from.opt->api.start == OPT_START_PAUSED) {
		a->state = API_CREATED;
		vcpus_stop_soon(a->from.cpus);
		log_info("the guest waits for vm.boot");
	}
}

void api_rebooted(struct api *a)
{
	a->reboots++;
	control_done(&a->control, VERB_REBOOT, 204, NULL);
}

void api_ended(struct api *a)
{
	control_done(&a->control, VERB_REBOOT, 204, NULL);
	control_done(&a->control, VERB_PAUSE, 409, "the guest: it has ended");
}

void api_close(struct api *a)
{
	if (a->control.loop)
		loop_timer_cancel(a->control.loop, &a->look);
	control_close(&a->control);
}
