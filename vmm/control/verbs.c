/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/verbs.h"

#include <string.h>

#define JSON "application/json"

static const struct verb_field resize_fields[] = {
	{ "desired_balloon", VERB_UINT, false, "bytes that the balloon takes from the guest" },
	{ "desired_vcpus", VERB_UINT, false, "not built" },
	{ "desired_ram", VERB_UINT, false, "not built" },
	{ 0 },
};

static const struct verb_field level_fields[] = {
	{ "level", VERB_LEVEL, true, "error, warn, info or debug" },
	{ 0 },
};

static const struct verb_field attach_fields[] = {
	{ "read_only", VERB_BOOL, false, "what is typed goes nowhere" },
	{ "steal", VERB_BOOL, false, "take the input from who has it" },
	{ 0 },
};

static const struct verb_field since_fields[] = {
	{ "since", VERB_UINT, false, "events with larger numbers alone" },
	{ 0 },
};

#define GET(name, id, type, help) { name, false, id, VERB_200, type, NULL, help }
#define PUT(name, id, more, fields, help) { name, true, id, VERB_204 | (more), NULL, fields, help }
#define LATER(name, help) { name, true, VERB_LATER, VERB_501, NULL, NULL, help }

const struct verb verbs[] = {
	GET("vmm.ping", VERB_PING, JSON, "is somebody there? version and process"),
	GET("vm.info", VERB_INFO, JSON, "configuration, state, how far the start is, memory"),
	GET("vm.counters", VERB_COUNTERS, JSON, "counts of calls, exits and devices"),
	GET("vm.dma-windows", VERB_DMA_WINDOWS, JSON,
	    "DMA windows of passed-through devices, and their TCE calls"),
	GET("vm.device-tree", VERB_DEVICE_TREE, "application/octet-stream",
	    "the flattened device tree that the guest got"),
	{ "vm.events", false, VERB_EVENTS, VERB_200, "application/x-ndjson", since_fields,
	  "what has happened, a line each" },
	GET("vm.console", VERB_CONSOLE, "application/octet-stream",
	    "the console's last 64 KiB, from a whole line on"),
	GET("vmm.metrics", VERB_METRICS, "text/plain; version=0.0.4; charset=utf-8",
	    "counters in Prometheus' text format, at /metrics as well"),
	PUT("vm.pause", VERB_PAUSE, VERB_409, NULL,
	    "stop the virtual CPUs; passed-through devices go on"),
	PUT("vm.resume", VERB_RESUME, VERB_409, NULL, "let them go on"),
	PUT("vm.boot", VERB_BOOT, VERB_409, NULL, "start a guest whose api.start is \"paused\""),
	PUT("vm.power-button", VERB_POWER_BUTTON, VERB_409, NULL, "ask the guest to shut down"),
	PUT("vm.reboot", VERB_REBOOT, VERB_409, NULL, "reset the guest, unasked"),
	PUT("vm.shutdown", VERB_SHUTDOWN, 0, NULL, "power off at once; the program ends"),
	PUT("vmm.shutdown", VERB_SHUTDOWN, 0, NULL, "the same"),
	PUT("vm.nmi", VERB_NMI, VERB_409, NULL, "a system reset interrupt to each virtual CPU"),
	PUT("vm.resize", VERB_RESIZE, VERB_409 | VERB_501, resize_fields, "the balloon's size"),
	{ "vm.attach", true, VERB_ATTACH, VERB_101 | VERB_409, NULL, attach_fields,
	  "the connection becomes the guest's console: send Upgrade: spapr-console" },
	PUT("vmm.rotate", VERB_ROTATE, 0, NULL, "log files were moved away: open them anew"),
	PUT("vmm.log-level", VERB_LOG_LEVEL, 0, level_fields, "what is logged from now on"),
	LATER("vm.create", "the configuration is a file"),
	LATER("vm.delete", "the guest's end is the program's"),
	LATER("vm.add-device", "hotplug"),
	LATER("vm.remove-device", "hotplug"),
	LATER("vm.add-disk", "hotplug"),
	LATER("vm.add-net", "hotplug"),
	LATER("vm.add-fs", "no such device"),
	LATER("vm.add-pmem", "no such device"),
	LATER("vm.add-vsock", "hotplug"),
	LATER("vm.add-vdpa", "no such device"),
	LATER("vm.add-user-device", "no such device"),
	LATER("vm.add-generic-vhost-user", "no such device"),
	LATER("vm.resize-disk", "disks"),
	LATER("vm.resize-zone", "memory zones"),
	LATER("vm.snapshot", "migration"),
	LATER("vm.restore", "migration"),
	LATER("vm.coredump", "dumps"),
	LATER("vm.send-migration", "migration"),
	LATER("vm.receive-migration", "migration"),
	{ 0 },
};

const struct verb_status verb_statuses[] = {
	{ 101, VERB_101, "Switching Protocols", "what follows are bytes of the console" },
	{ 200, VERB_200, "OK", "the answer" },
	{ 204, VERB_204, "No Content", "done" },
	{ 400, 0, "Bad Request", "a field, a query or the form of the request is wrong" },
	{ 403, 0, "Forbidden", "a browser's page asks: there is an Origin" },
	{ 404, 0, "Not Found", "no such path" },
	{ 405, 0, "Method Not Allowed", "the path has another method, see Allow" },
	{ 409, VERB_409, "Conflict", "not in this state" },
	{ 413, 0, "Content Too Large", "the body has more than 64 KiB" },
	{ 429, VERB_204 | VERB_101, "Too Many Requests", "more than 10 changes a second" },
	{ 501, VERB_501, "Not Implemented", "not built" },
	{ 503, 0, "Service Unavailable", "busy: try again" },
	{ 0 },
};

const struct verb *verb_find(const char *name)
{
	const struct verb *found = NULL;

	for (const struct verb *v = verbs; v->path; v++) {
		if (strcmp(v->path, name) == 0)
			return v;
		if (!found && strcmp(strchr(v->path, '.') + 1, name) == 0)
			found = v;
	}
	return found;
}

const struct verb *verb_at(const char *path)
{
	if (strcmp(path, "/metrics") == 0)
		path = VERB_PREFIX "vmm.metrics";
	if (strncmp(path, VERB_PREFIX, strlen(VERB_PREFIX)) != 0)
		return NULL;
	path += strlen(VERB_PREFIX);
	for (const struct verb *v = verbs; v->path; v++)
		if (strcmp(v->path, path) == 0)
			return v;
	return NULL;
}

int verb_level(const char *word)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (strcmp(levels[i], word) == 0)
			return i;
	return -1;
}
