/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a network interface in use? It is if something is above it (bridge, bond, VLAN), or if a route
 * leads over it. An address has a route as long as its interface is up, and a connection has an address.
 */
#include "vfio/in_use_private.h"

#include "vmm/base/dir.h"
#include "vmm/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum route { ROUTE_NONE, ROUTE_ANY, ROUTE_DEFAULT };

/* /proc/net/route: interface, destination, gateway, flags, 3 counters, mask. */
static enum route route_4(const char *line, char iface[32])
{
	unsigned int dest, mask;

	if (sscanf(line, "%31s %x %*s %*s %*s %*s %*s %x", iface, &dest, &mask) != 3)
		return ROUTE_NONE;
	return dest || mask ? ROUTE_ANY : ROUTE_DEFAULT;
}

/*
 * /proc/net/ipv6_route: destination, its length, source, its length, gateway, metric, 2 counters,
 * flags, interface. Each interface that is up has those of its link and of multicast.
 */
static enum route route_6(const char *line, char iface[32])
{
	unsigned int len, flags;
	const unsigned int reject = 0x200;

	if (strncmp(line, "fe80", 4) == 0 || strncmp(line, "ff", 2) == 0 ||
	    sscanf(line, "%*s %x %*s %*s %*s %*s %*s %*s %x %31s", &len, &flags, iface) != 3 ||
	    flags & reject)
		return ROUTE_NONE;
	return len ? ROUTE_ANY : ROUTE_DEFAULT;
}

/* The most that a route of the file says of interface @name. */
static enum route routes(const char *path, enum route (*route)(const char *line, char iface[32]),
			 const char *name, char *text)
{
	enum route most = ROUTE_NONE, r;
	char iface[32], *rest = NULL;

	file_read_text(path, text, USE_FILE_LEN);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		r = route(line, iface);
		if (r > most && strcmp(iface, name) == 0)
			most = r;
	}
	return most;
}

bool vfio_net_in_use(void *ctx, const char *name)
{
	struct use *u = ctx;
	char path[USE_PATH_LEN], target[USE_PATH_LEN], upper[64], *text;
	enum route r4, r6;

	snprintf(path, sizeof(path), "/sys/class/net/%.31s", name);
	if (!use_belongs(u, path, target))
		return true;
	text = malloc(USE_FILE_LEN);
	if (!text)
		return false;
	r4 = routes("/proc/net/route", route_4, name, text);
	r6 = routes("/proc/net/ipv6_route", route_6, name, text);
	free(text);
	u->found = true;
	if (r4 == ROUTE_DEFAULT || r6 == ROUTE_DEFAULT)
		snprintf(u->why, u->size,
			 "%.31s carries the default route: \"ip link set %.31s down\"", name, name);
	else if (dir_find(path, "upper_", upper, sizeof(upper)) == 0)
		snprintf(u->why, u->size, "%.31s is part of %s: \"ip link set %.31s nomaster\"",
			 name, upper + strlen("upper_"), name);
	else if (r4 || r6)
		snprintf(u->why, u->size,
			 "%.31s is up with an address or a route: \"ip link set %.31s down\"", name,
			 name);
	else
		u->found = false;
	return !u->found;
}
