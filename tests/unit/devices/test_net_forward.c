/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/net/forward.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(net_forward, is_taken_apart)
{
	struct net_forward f;

	cr_assert(eq(int, net_forward_parse("udp:127.0.0.1:2222-10.0.2.15:53", &f), 0));
	cr_assert(f.udp);
	cr_assert(eq(u32, f.host_addr, 0x7f000001));
	cr_assert(eq(u16, f.host_port, 2222));
	cr_assert(eq(u32, f.guest_addr, 0x0a00020f));
	cr_assert(eq(u16, f.guest_port, 53));
	cr_assert(eq(int, net_forward_parse("tcp::1-:65535", &f), 0));
	cr_assert(not(f.udp));
	cr_assert(eq(u32, f.host_addr, 0));
	cr_assert(eq(u16, f.guest_port, 65535));
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
}
