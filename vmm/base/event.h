/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_EVENT_H
#define VMM_BASE_EVENT_H

/*
 * What happens in a guest's life, for whoever watches from outside: a table of events, and one call
 * by which any floor tells of one, as it would log.
 *
 *	event_emit(EVENT_WINDOW_REMOVED, { group }, { w->liobn }, { w->start });
 *
 * An event is a row: its name, "source.event", and its properties in the order of the call. Nothing
 * is formatted here, and nothing happens while nobody listens (vmm/control/events.h).
 */

#include "vmm/base/types.h"

enum event {
	EVENT_STARTING,
	EVENT_BOOTING,
	EVENT_BOOTED,
	EVENT_CONSOLE,
	EVENT_READY,
	EVENT_CPU_ONLINE,
	EVENT_CPU_OFFLINE,
	EVENT_WINDOW_CREATED,
	EVENT_WINDOW_REMOVED,
	EVENT_WINDOW_REFUSED,
	EVENT_WINDOWS_RESET,
	EVENT_DEVICE_RESET,
	EVENT_DEVICE_MSI,
	EVENT_WANTED_BACK,
	EVENT_EEH_FROZEN,
	EVENT_EEH_RECOVERED,
	EVENT_VIRTIO_ACTIVATED,
	EVENT_VIRTIO_RESET,
	EVENT_VIRTIO_BROKEN,
	EVENT_PANIC,
	EVENT_POWER_BUTTON,
	EVENT_PAUSING,
	EVENT_PAUSED,
	EVENT_RESUMING,
	EVENT_RESUMED,
	EVENT_REBOOTING,
	EVENT_REBOOTED,
	EVENT_OFF,
	EVENT_WATCHDOG,
	EVENT_API_LOST,
	EVENT_ROTATED,
	EVENT_VIOLATION,
	EVENT_MORE,
	EVENT_LOST,
	EVENT_SHUTDOWN,
	EVENT_FIRST_CALL, /* for the timeline alone, as its row says */
	EVENTS
};

/* The row says which member counts. EVENT_NONE, or NULL: there is none, the property is left out. */
struct event_value {
	uint64_t n;
	const char *s;
};
#define EVENT_NONE UINT64_MAX

struct event_row {
	const char *name; /* "dma.window-created" */
	/*
	 * Names of properties, each followed by a colon, its kind, and a blank:
	 * n a number, x a number shown as text in hex (JSON's readers round what is above 2^53),
	 * s text.
	 */
	const char *props;
	bool guest; /* a guest can cause it at will: so many a second */
	bool mark;  /* for the timeline alone */
};

extern const struct event_row event_rows[EVENTS];

/* For documents: no part of a program that does not ask (event_help.c). */
extern const char *const event_help[EVENTS];

/*
 * From here on @fn(@ctx, event, values) is called for each; NULL: nobody listens. Of the process, as
 * the log is. Called under the machine lock, or before there are threads; but for EVENT_VIOLATION,
 * which a signal handler tells.
 */
typedef void event_fn(void *ctx, enum event e, const struct event_value *values);
void event_listen(event_fn *fn, void *ctx);

/* For event_emit(): is there a listener? */
extern bool event_heard;
void event_put(enum event e, const struct event_value *values);

/* @...: struct event_value, one for each property of the row; { 0 } where there is none. */
#define event_emit(e, ...)                                                                         \
	do {                                                                                       \
		if (event_heard)                                                                   \
			event_put(e, (const struct event_value[]){ __VA_ARGS__ });                 \
	} while (0)

#endif
