/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_FRAMES_H
#define TESTS_FAKE_FRAMES_H

/* A guest's side of a network, as far as tests need one: frames made and read by hand. */

#include "vmm/base/types.h"

#define FRAME_MAX 2048u

struct frame {
	size_t len;
	uint8_t data[FRAME_MAX];
};

/* What a TCP segment says; addresses and ports in host byte order. */
struct frame_tcp {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags; /* FRAME_SYN ... */
	const uint8_t *data;
	size_t len;
};

enum { FRAME_FIN = 1, FRAME_SYN = 2, FRAME_RST = 4, FRAME_PSH = 8, FRAME_ACK = 16 };

extern const uint8_t frame_guest_mac[6];

#define FRAME_IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Requests. */
void frame_dhcp_discover(struct frame *f);
void frame_arp(struct frame *f, uint16_t op, const uint8_t *to, uint32_t sender, uint32_t target);
void frame_ping(struct frame *f, const uint8_t *to, uint32_t src, uint32_t dst);
void frame_ping6_router(struct frame *f); /* a router solicitation */
void frame_tcp(struct frame *f, const uint8_t *to, const struct frame_tcp *t);
void frame_udp(struct frame *f, const uint8_t *to, const struct frame_tcp *t);

/* Answers. False: it is something else. */
bool frame_is_dhcp_offer(const struct frame *f, uint32_t *address);
bool frame_is_arp(const struct frame *f, uint16_t op, uint32_t *sender, uint32_t *target);
bool frame_is_ping_reply(const struct frame *f, uint32_t *src);
bool frame_is_router_advertisement(const struct frame *f);
bool frame_is_tcp(const struct frame *f, struct frame_tcp *t);
bool frame_is_unreachable(const struct frame *f, struct frame_tcp *t); /* t: what could not reach */
bool frame_is_syn6(const struct frame *f, uint16_t dport);             /* by IPv6 */
bool frame_is_udp(const struct frame *f, struct frame_tcp *t);

#endif
