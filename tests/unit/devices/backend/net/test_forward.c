/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/forward.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

/* As text, so that a family, an address and a port are seen at once. */
static const char *show(const union net_endpoint *e, char out[64])
{
	char address[INET6_ADDRSTRLEN];

	if (e->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &e->in6.sin6_addr, address, sizeof(address));
		snprintf(out, 64, "[%s]:%d", address, ntohs(e->in6.sin6_port));
	} else {
		inet_ntop(e->any.sa_family, &e->in4.sin_addr, address, sizeof(address));
		snprintf(out, 64, "%s:%d", address, ntohs(e->in4.sin_port));
	}
	return out;
}

static const struct {
	const char *text;
	bool udp;
	const char *host, *guest;
} good[] = {
	{ "udp:127.0.0.1:2222-10.0.2.15:53", true, "127.0.0.1:2222", "10.0.2.15:53" },
	{ "tcp::1-:65535", false, "0.0.0.0:1", "0.0.0.0:65535" },
	{ "tcp:[::1]:2222-:22", false, "[::1]:2222", "[::]:22" },
	{ "tcp::2222-[fec0::15]:22", false, "[::]:2222", "[fec0::15]:22" },
	{ "udp:[::]:53-[fe80::1234:5678]:53", true, "[::]:53", "[fe80::1234:5678]:53" },
	{ "tcp:[2001:db8:1111:2222:3333:4444:255.255.255.255]:1-:1", false,
	  "[2001:db8:1111:2222:3333:4444:ffff:ffff]:1", "[::]:1" },
};

Test(net_forward, is_taken_apart)
{
	struct net_forward f;
	char text[64];

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		cr_assert(eq(int, net_forward_parse(good[i].text, &f), 0), "%s", good[i].text);
		cr_expect(eq(int, f.udp, good[i].udp));
		cr_expect_str_eq(show(&f.host, text), good[i].host);
		cr_expect_str_eq(show(&f.guest, text), good[i].guest);
	}
}

Test(net_forward, nonsense_is_refused)
{
	static const char *const bad[] = {
		"",
		"tcp",
		"tcp:",
		"tcp:-",
		"tcp::1",
		"tcp::1-",
		"tcp::1-:",
		"tcp::1-1",
		"tcp::-1-:1",
		"tcp::1-:1 ",
		"tcp:::1-:1",
		"tcp::1:1-:1",
		"icmp::1-:1",
		"tcp::00001x-:1",
		"tcp::100000-:1",
		"tcp::0-:1",
		"tcp::1-:0",
		"tcp:1.2.3.4.5.6.7.8.9:1-:1",
		"TCP::1-:1",
		"tcp::65536-:1",
		"tcp:::1:2222-:22",
		"tcp:[::1:2222-:22",
		"tcp:[]:1-:1",
		"tcp:[::1]2222-:22",
		"tcp:[::1]-:22",
		"tcp:[127.0.0.1]:1-:1",
		"tcp:[::1%lo]:1-:1",
		"tcp:[::1]:1-10.0.2.15:1",
		"tcp:127.0.0.1:1-[fec0::15]:1",
		"tcp:[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]:1-:1",
	};
	struct net_forward f;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect(lt(int, net_forward_parse(bad[i], &f), 0), "%s", bad[i]);
}

static bool collide(const char *a, const char *b)
{
	struct net_forward x, y;

	cr_assert(eq(int, net_forward_parse(a, &x), 0));
	cr_assert(eq(int, net_forward_parse(b, &y), 0));
	return net_forward_collides(&x, &y);
}

Test(net_forward, two_collide_when_they_want_the_same_port_of_the_host)
{
	cr_expect(collide("tcp::1-:1", "tcp::1-:2"));
	cr_expect(collide("tcp::1-:1", "tcp:127.0.0.1:1-:2"));
	cr_expect(not(collide("tcp::1-:1", "udp::1-:1")));
	cr_expect(not(collide("tcp::1-:1", "tcp::2-:1")));
	cr_expect(not(collide("tcp:127.0.0.1:1-:1", "tcp:127.0.0.2:1-:1")));
	cr_expect(collide("tcp:[::]:1-:1", "tcp:[::1]:1-:2"));
	cr_expect(collide("tcp:[::1]:1-:1", "tcp:[0::1]:1-:2"));
	cr_expect(not(collide("tcp:[::1]:1-:1", "tcp:[::2]:1-:1")));
	cr_expect(not(collide("tcp:[::]:1-:1", "tcp::1-:1")));
}
