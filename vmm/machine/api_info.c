/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers: what the guest is, and does. */
#include "vmm/machine/api.h"

#include "sphapr/hcall.h"
#include "vmm/base/sys.h"

#include <stdio.h>

#define SECOND_NS 1000000000ULL

const char *api_state_name(const struct api *a)
{
	static const char *const names[] = {
		[API_CREATED] = "Created",
		[API_RUNNING] = "Running",
		[API_PAUSING] = "Running",
		[API_PAUSED] = "Paused",
	};

	return a->from.stop->why == STOP_OFF || a->from.stop->why == STOP_CRASH ? "Shutdown"
										: names[a->state];
}

static const char *reason(const struct stop *s)
{
	switch (s->why) {
	case STOP_OFF:
		return "off";
	case STOP_CRASH:
		return "crash";
	case STOP_REBOOT:
		return "reboot";
	default:
		return NULL;
	}
}

static void info(const struct api *a, struct jtext *to)
{
	jtext_object(to, NULL);
	api_config(a->from.opt, to);
	jtext_string(to, "state", api_state_name(a));
	jtext_number(to, "memory_actual_size", a->from.opt->machine.memory);
	jtext_number(to, "uptime_s", (sys_now_ns() - a->start_ns) / SECOND_NS);
	jtext_number(to, "reboots", a->reboots);
	jtext_string(to, "exit_reason", reason(a->from.stop));
	jtext_end(to);
}

static void count_hcalls(const struct spapr *sp, struct jtext *to)
{
	const struct hcall_desc *row;

	jtext_object(to, "hcall");
	for (size_t i = 0; i < HCALL_SLOTS; i++) {
		row = sp->hcalls[i];
		if (row && sp->hcall_counts[i])
			jtext_number(to, row->name, sp->hcall_counts[i]);
	}
	jtext_end(to);
}

static void count_vcpus(const struct vcpus *cpus, struct jtext *to)
{
	char name[24];

	for (uint32_t i = 0; i < cpus->n; i++) {
		snprintf(name, sizeof(name), "vcpu%u", i);
		jtext_object(to, name);
		jtext_number(to, "running", cpus->v[i].running);
		jtext_end(to);
	}
}

static void counters(const struct api *a, struct jtext *to)
{
	jtext_object(to, NULL);
	count_vcpus(a->from.cpus, to);
	count_hcalls(a->from.sp, to);
	jtext_end(to);
}

void api_get(void *ctx, enum verb_id id, const struct verb_args *args, struct jtext *to)
{
	const struct api *a = ctx;

	(void)args;
	switch (id) {
	case VERB_INFO:
		info(a, to);
		break;
	case VERB_COUNTERS:
		counters(a, to);
		break;
	case VERB_DMA_WINDOWS:
		api_windows(a, to);
		break;
	case VERB_DEVICE_TREE:
		if (a->from.boot->fdt)
			jtext_bytes(to, a->from.boot->fdt, a->from.boot->fdt_size);
		break;
	default:
		break;
	}
}
