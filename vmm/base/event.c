/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/event.h"

#define WINDOW "group:n liobn:x start:x "

/* What each is for: event_help.c. */
const struct event_row event_rows[EVENTS] = {
	[EVENT_STARTING] = { "vmm.starting", "version:s pid:n config:s " },
	[EVENT_BOOTING] = { "vm.booting", "us:n " },
	[EVENT_BOOTED] = { "vm.booted", "us:n " },
	[EVENT_CONSOLE] = { "guest.console", "us:n " },
	[EVENT_READY] = { "guest.ready", "us:n mark:s " },
	[EVENT_CPU_ONLINE] = { "vcpu.online", "server:n ", .guest = true },
	[EVENT_CPU_OFFLINE] = { "vcpu.offline", "server:n ", .guest = true },
	[EVENT_WINDOW_CREATED] = { "dma.window-created", WINDOW "size:x page_shift:n served_by:s ",
				   .guest = true },
	[EVENT_WINDOW_REMOVED] = { "dma.window-removed", WINDOW, .guest = true },
	[EVENT_WINDOW_REFUSED] = { "dma.window-refused", WINDOW "size:x page_shift:n why:s ",
				   .guest = true },
	[EVENT_WINDOWS_RESET] = { "dma.reset", "group:n ", .guest = true },
	[EVENT_DEVICE_RESET] = { "device.reset", "group:n device:s how:s ", .guest = true },
	[EVENT_DEVICE_MSI] = { "device.interrupts", "device:s kind:s count:n ", .guest = true },
	[EVENT_WANTED_BACK] = { "device.requested-back", "device:s " },
	[EVENT_EEH_FROZEN] = { "eeh.frozen", "group:n state:n ", .guest = true },
	[EVENT_EEH_RECOVERED] = { "eeh.recovered", "group:n ", .guest = true },
	[EVENT_VIRTIO_ACTIVATED] = { "virtio-device.activated", "id:s ", .guest = true },
	[EVENT_VIRTIO_RESET] = { "virtio-device.reset", "id:s ", .guest = true },
	[EVENT_VIRTIO_BROKEN] = { "virtio-device.broken", "id:s why:s ", .guest = true },
	[EVENT_PANIC] = { "guest.panic", "text:s console:s " },
	[EVENT_POWER_BUTTON] = { "vm.power-button", "by:s " },
	[EVENT_PAUSING] = { "vm.pausing", "by:s " },
	[EVENT_PAUSED] = { "vm.paused", "us:n " },
	[EVENT_RESUMING] = { "vm.resuming", "by:s " },
	[EVENT_RESUMED] = { "vm.resumed", "us:n " },
	[EVENT_REBOOTING] = { "vm.rebooting", "by:s ", .guest = true },
	[EVENT_REBOOTED] = { "vm.rebooted", "us:n ", .guest = true },
	[EVENT_OFF] = { "vm.shutdown", "by:s " },
	[EVENT_WATCHDOG] = { "vmm.watchdog", "vcpu:n " },
	[EVENT_API_LOST] = { "vmm.api-lost", "why:s " },
	[EVENT_ROTATED] = { "vmm.rotated", "" },
	[EVENT_VIOLATION] = { "vmm.sandbox-violation", "thread:s call:s nr:n " },
	[EVENT_MORE] = { "vmm.more", "of:s count:n " },
	[EVENT_LOST] = { "vmm.lost", "from:n to:n " },
	[EVENT_SHUTDOWN] = { "vmm.shutdown", "status:n reason:s " },
	[EVENT_FIRST_CALL] = { "call.first", "name:s ", .mark = true },
};

/* Of the process, as the log is. */
bool event_heard;
static event_fn *the_listener;
static void *the_ctx;

void event_listen(event_fn *fn, void *ctx)
{
	the_listener = fn;
	the_ctx = ctx;
	event_heard = fn != NULL;
}

void event_put(enum event e, const struct event_value *values)
{
	the_listener(the_ctx, e, values);
}
