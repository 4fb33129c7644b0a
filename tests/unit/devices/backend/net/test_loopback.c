/* SPDX-License-Identifier: BSD-2-Clause */
/* The user network and the host's own services: real processes, real libslirp. */
#include "devices/backend/net/slirp_filter.h"
#include "tests/unit/devices/backend/net/user_fixture.h"

TestSuite(net_loopback, .init = net_setup, .timeout = 100);

static bool has_come(int fd)
{
	int peer = accept(fd, NULL, NULL);

	if (peer >= 0)
		close(peer);
	return peer >= 0;
}

/* The guest's connection to its gateway ends at the host's loopback address. */
Test(net_loopback, lets_the_guest_connect_to_the_host_if_it_may)
{
	uint16_t port;
	int fd = listen_and_start(true, &port);

	send_segment(HOST, 4000, port, FRAME_SYN, 0);
	cr_expect(eq(int, answer_to(4000).flags, FRAME_SYN | FRAME_ACK));
	cr_expect(has_come(fd));
	close(fd);
	net_teardown();
}

Test(net_loopback, keeps_the_guest_from_the_hosts_loopback)
{
	/* What the host takes for itself, then what libslirp does. */
	static const uint32_t names[] = {
		FRAME_IP(127, 0, 0, 1), FRAME_IP(127, 1, 2, 3), 0, 0xffffffff, HOST,
	};
	uint16_t port;
	int fd = listen_and_start(false, &port);

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		send_segment(names[i], (uint16_t)(4000 + i), port, FRAME_SYN, 0);
	cr_expect(eq(int, answer_to(4004).flags, 0));
	cr_expect(not(has_come(fd)));
	close(fd);
	net_teardown();
}

Test(net_loopback, knows_the_other_names_of_the_hosts_loopback)
{
	static const struct {
		const char *address;
		bool loopback;
	} cases[] = {
		{ "::", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:192.0.2.1", true }, /* would be sent as IPv4, past the rest */
		{ "::127.0.0.1", true },
		{ "fec0::2", false }, /* libslirp's business */
		{ "2001:db8::1", false },
		{ "64:ff9b::127.0.0.1", false },
	};
	uint8_t frame[54] = { [12] = 0x86, [13] = 0xdd };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert(eq(int, inet_pton(AF_INET6, cases[i].address, frame + 38), 1));
		cr_expect(eq(int, slirp_frame_is_for_loopback(frame, sizeof(frame)),
			     cases[i].loopback),
			  "%s", cases[i].address);
	}
	memset(frame + 38, 0, 16);
	cr_expect(not(slirp_frame_is_for_loopback(frame, 53)), "no whole address");
	cr_expect(not(slirp_frame_is_for_loopback(frame, 13)));
	frame[13] = 0xde;
	cr_expect(not(slirp_frame_is_for_loopback(frame, 54)), "another protocol");
}
