/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/net/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The @len bytes of "ADDR:PORT"; ADDR may be empty. */
static int parse_endpoint(const char *s, size_t len, uint32_t *addr, uint16_t *port)
{
	const char *colon = memchr(s, ':', len);
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr in = { 0 };
	unsigned long n = 0;
	size_t digits;

	if (!colon || (size_t)(colon - s) >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, (size_t)(colon - s));
	if (*text && inet_pton(AF_INET, text, &in) != 1)
		return -EINVAL;
	digits = len - (size_t)(colon + 1 - s);
	if (digits < 1 || digits > 5)
		return -EINVAL;
	for (size_t i = 1; i <= digits; i++) {
		if (colon[i] < '0' || colon[i] > '9')
			return -EINVAL;
		n = n * 10 + (unsigned long)(colon[i] - '0');
	}
	if (n < 1 || n > 65535)
		return -EINVAL;
	*addr = ntohl(in.s_addr);
	*port = (uint16_t)n;
	return 0;
}

int net_forward_parse(const char *text, struct net_forward *f)
{
	const char *dash;

	*f = (struct net_forward){ .udp = strncmp(text, "udp:", 4) == 0 };
	if (!f->udp && strncmp(text, "tcp:", 4) != 0)
		return -EINVAL;
	text += 4;
	dash = strchr(text, '-');
	if (!dash || parse_endpoint(text, (size_t)(dash - text), &f->host_addr, &f->host_port) < 0)
		return -EINVAL;
	dash++;
	return parse_endpoint(dash, strlen(dash), &f->guest_addr, &f->guest_port);
}

bool net_forward_collides(const struct net_forward *a, const struct net_forward *b)
{
	return a->udp == b->udp && a->host_port == b->host_port &&
	       (a->host_addr == b->host_addr || !a->host_addr || !b->host_addr);
}
