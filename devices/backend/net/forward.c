/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* "ADDR", "[ADDR]" or nothing, which leaves the family open (AF_UNSPEC). */
static int parse_address(const char *s, size_t len, union net_endpoint *e)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool v6 = len >= 2 && s[0] == '[' && s[len - 1] == ']';

	if (len == 0)
		return 0;
	if (v6) {
		s++;
		len -= 2;
	}
	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, len);
	e->any.sa_family = v6 ? AF_INET6 : AF_INET;
	return inet_pton(e->any.sa_family, text,
			 v6 ? (void *)&e->in6.sin6_addr : (void *)&e->in4.sin_addr) == 1
		       ? 0
		       : -EINVAL;
}

static int parse_port(const char *s, size_t len, uint16_t *port)
{
	unsigned long n = 0;

	if (len < 1 || len > 5)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		n = n * 10 + (unsigned long)(s[i] - '0');
	}
	if (n < 1 || n > 65535)
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

/* The @len bytes of "ADDR:PORT". */
static int parse_endpoint(const char *s, size_t len, union net_endpoint *e, uint16_t *port)
{
	const char *colon = memrchr(s, ':', len);
	size_t before;

	*e = (union net_endpoint){ 0 };
	if (!colon)
		return -EINVAL;
	before = (size_t)(colon - s);
	if (parse_address(s, before, e) < 0)
		return -EINVAL;
	return parse_port(colon + 1, len - before - 1, port);
}

static void complete(union net_endpoint *e, sa_family_t family, uint16_t port)
{
	e->any.sa_family = family;
	if (family == AF_INET6)
		e->in6.sin6_port = htons(port);
	else
		e->in4.sin_port = htons(port);
}

int net_forward_parse(const char *text, struct net_forward *f)
{
	uint16_t host_port, guest_port;
	sa_family_t host, guest;
	const char *dash;

	*f = (struct net_forward){ .udp = strncmp(text, "udp:", 4) == 0 };
	if (!f->udp && strncmp(text, "tcp:", 4) != 0)
		return -EINVAL;
	text += 4;
	dash = strchr(text, '-');
	if (!dash || parse_endpoint(text, (size_t)(dash - text), &f->host, &host_port) < 0 ||
	    parse_endpoint(dash + 1, strlen(dash + 1), &f->guest, &guest_port) < 0)
		return -EINVAL;
	host = f->host.any.sa_family;
	guest = f->guest.any.sa_family;
	if (host && guest && host != guest)
		return -EINVAL;
	if (!host)
		host = guest ? guest : AF_INET;
	complete(&f->host, host, host_port);
	complete(&f->guest, host, guest_port);
	return 0;
}

static bool addresses_meet(const union net_endpoint *a, const union net_endpoint *b)
{
	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr) ||
		       IN6_IS_ADDR_UNSPECIFIED(&b->in6.sin6_addr) ||
		       IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
	return !a->in4.sin_addr.s_addr || !b->in4.sin_addr.s_addr ||
	       a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr;
}

bool net_forward_collides(const struct net_forward *a, const struct net_forward *b)
{
	/* Ports lie at the same place in both versions' addresses. */
	return a->udp == b->udp && a->host.any.sa_family == b->host.any.sa_family &&
	       a->host.in4.sin_port == b->host.in4.sin_port && addresses_meet(&a->host, &b->host);
}
