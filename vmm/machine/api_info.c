/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers: what the guest is, and does. */
#include "vmm/machine/api.h"

#include "devices/models.h"
#include "devices/virtio/balloon.h"
#include "vmm/base/sys.h"
#include "vmm/machine/service.h"
#include "vmm/machine/watch.h"

#define SECOND_NS 1000000000ULL
#define EVENTS_ROOM (128 * KiB) /* of one answer */
#define METRICS_SPARE (4 * KiB) /* vCPUs count on between two renderings */

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

struct device *api_balloon(const struct api *a)
{
	const struct emulated *emu = a->from.emu;

	for (uint32_t i = 0; i < emu->ndevs; i++)
		if (emu->devs[i]->model == &virtio_balloon)
			return emu->devs[i];
	return NULL;
}

static uint64_t actual_memory(const struct api *a)
{
	const struct device *balloon = api_balloon(a);

	return a->from.opt->machine.memory - (balloon ? balloon_bytes(balloon) : 0);
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

/* How far the guest is: what `ctl wait ready` looks at. */
static const char *phase(const struct api *a)
{
	if (a->from.stop->why == STOP_OFF || a->from.stop->why == STOP_CRASH)
		return "ended";
	if (a->state == API_CREATED)
		return "created";
	if (a->from.service->is_ready)
		return "ready";
	return a->from.watch->marks_ns[WATCH_FIRST_CONSOLE] ? "console" : "started";
}

struct config_text {
	const struct options *opt;
	struct jtext *to;
};

static void put_config(void *ctx)
{
	const struct config_text *c = ctx;

	api_config(c->opt, c->to);
}

/* The configuration is most of it, and changes no more. */
static void info(const struct api *a, struct jtext *to)
{
	struct config_text config = { a->from.opt, to };

	jtext_object(to, NULL);
	loop_unlocked(a->from.loop, put_config, &config);
	jtext_string(to, "state", api_state_name(a));
	jtext_string(to, "phase", phase(a));
	jtext_number(to, "memory_actual_size", actual_memory(a));
	jtext_number(to, "uptime_s", (sys_now_ns() - a->start_ns) / SECOND_NS);
	jtext_number(to, "reboots", a->reboots);
	jtext_string(to, "exit_reason", reason(a->from.stop));
	jtext_end(to);
}

static void events(const struct events *e, uint64_t since, struct jtext *to)
{
	char *room = jtext_room(to, EVENTS_ROOM);

	if (room && e)
		jtext_filled(to, events_since(e, since, room, EVENTS_ROOM));
}

static void console(const struct ring *ring, struct jtext *to)
{
	uint64_t cursor = ring_first_line(ring);
	char *room = jtext_room(to, RING_SIZE);

	if (room)
		jtext_filled(to, ring_read(ring, &cursor, room, RING_SIZE));
}

/* Once, when what there was room for before is enough. */
static void put_metrics(void *ctx)
{
	const struct api_samples *s = ctx;
	char *room = jtext_room(s->to, 1);
	size_t size = s->to->size - s->to->len, len;

	if (!room)
		return;
	len = metrics_render(&s->samples, room, size);
	if (len >= size) {
		size = len + METRICS_SPARE;
		room = jtext_room(s->to, size);
		if (!room)
			return;
		len = metrics_render(&s->samples, room, size);
	}
	jtext_filled(s->to, len < size ? len : size - 1);
}

void api_get(void *ctx, enum verb_id id, const struct verb_args *args, struct jtext *to)
{
	const struct api *a = ctx;
	const void *tree;
	size_t size;

	switch (id) {
	case VERB_INFO:
		info(a, to);
		break;
	case VERB_COUNTERS:
		api_counters(a, to);
		break;
	case VERB_DMA_WINDOWS:
		api_windows(a, to);
		break;
	case VERB_EVENTS:
		events(a->from.watch->events, args->value[0], to);
		break;
	case VERB_CONSOLE:
		console(&a->from.console->dev.ring, to);
		break;
	case VERB_METRICS:
		api_samples(a, to, put_metrics);
		break;
	case VERB_DEVICE_TREE:
		tree = power_on_tree(a->from.boot, &size);
		if (tree)
			jtext_bytes(to, tree, size);
		break;
	default:
		break;
	}
}
