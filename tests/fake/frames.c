/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/frames.h"

#include <string.h>

const uint8_t frame_guest_mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
static const uint8_t everyone[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

enum { ETH_IP = 0x0800, ETH_ARP = 0x0806, ETH_IP6 = 0x86dd };
enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58 };
enum { ETH = 14, IP = ETH + 20 };

static uint16_t sum(const uint8_t *p, size_t len, uint32_t start)
{
	for (; len > 1; len -= 2, p += 2)
		start += be16_load(p);
	if (len)
		start += (uint32_t)*p << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (uint16_t)~start;
}

static void ethernet(struct frame *f, const uint8_t *to, uint16_t type)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->data, to, 6);
	memcpy(f->data + 6, frame_guest_mac, 6);
	be16_store(f->data + 12, type);
}

/* Puts IP's header around @len bytes at data + IP. */
static void ip(struct frame *f, uint8_t proto, uint32_t src, uint32_t dst, size_t len)
{
	uint8_t *p = f->data + ETH;

	p[0] = 0x45;
	be16_store(p + 2, (uint16_t)(20 + len));
	p[8] = 64;
	p[9] = proto;
	be32_store(p + 12, src);
	be32_store(p + 16, dst);
	be16_store(p + 10, sum(p, 20, 0));
	f->len = IP + len;
}

/* The checksum of a TCP or UDP packet, with its pseudo header. */
static uint16_t sum4(const struct frame *f, uint8_t proto, size_t len)
{
	uint32_t start = proto + (uint32_t)len;

	for (int i = 0; i < 4; i++)
		start += be16_load(f->data + ETH + 12 + 2 * i);
	return sum(f->data + IP, len, start);
}

void frame_udp(struct frame *f, const uint8_t *to, const struct frame_tcp *t)
{
	uint8_t *p = f->data + IP;

	ethernet(f, to, ETH_IP);
	be16_store(p, t->sport);
	be16_store(p + 2, t->dport);
	be16_store(p + 4, (uint16_t)(8 + t->len));
	memcpy(p + 8, t->data, t->len);
	ip(f, IP_UDP, t->src, t->dst, 8 + t->len);
	be16_store(p + 6, sum4(f, IP_UDP, 8 + t->len));
}

void frame_tcp(struct frame *f, const uint8_t *to, const struct frame_tcp *t)
{
	uint8_t *p = f->data + IP;

	ethernet(f, to, ETH_IP);
	be16_store(p, t->sport);
	be16_store(p + 2, t->dport);
	be32_store(p + 4, t->seq);
	be32_store(p + 8, t->ack);
	p[12] = 5 << 4;
	p[13] = t->flags;
	be16_store(p + 14, 65535);
	if (t->len)
		memcpy(p + 20, t->data, t->len);
	ip(f, IP_TCP, t->src, t->dst, 20 + t->len);
	be16_store(p + 16, sum4(f, IP_TCP, 20 + t->len));
}

void frame_dhcp_discover(struct frame *f)
{
	static const uint8_t options[] = { 99, 130, 83, 99, 53, 1, 1, 255 };
	uint8_t bootp[300] = { 1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef };

	memcpy(bootp + 28, frame_guest_mac, 6);
	memcpy(bootp + 236, options, sizeof(options));
	frame_udp(f, everyone,
		  &(struct frame_tcp){ .dst = 0xffffffff,
				       .sport = 68,
				       .dport = 67,
				       .data = bootp,
				       .len = sizeof(bootp) });
}

void frame_arp(struct frame *f, uint16_t op, const uint8_t *to, uint32_t sender, uint32_t target)
{
	uint8_t *p = f->data + ETH;

	ethernet(f, to ? to : everyone, ETH_ARP);
	be16_store(p, 1);
	be16_store(p + 2, ETH_IP);
	p[4] = 6;
	p[5] = 4;
	be16_store(p + 6, op);
	memcpy(p + 8, frame_guest_mac, 6);
	be32_store(p + 14, sender);
	if (to)
		memcpy(p + 18, to, 6);
	be32_store(p + 24, target);
	f->len = 60;
}

void frame_ping(struct frame *f, const uint8_t *to, uint32_t src, uint32_t dst)
{
	uint8_t *p = f->data + IP;

	ethernet(f, to, ETH_IP);
	p[0] = 8;
	be16_store(p + 4, 0x1234);
	ip(f, IP_ICMP, src, dst, 64);
	be16_store(p + 2, sum(p, 64, 0));
}

void frame_ping6_router(struct frame *f)
{
	static const uint8_t all_routers[16] = { 0xff, 2, [15] = 2 };
	static const uint8_t own[16] = { 0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 1, 2, 3 };
	static const uint8_t mac[6] = { 0x33, 0x33, 0, 0, 0, 2 };
	uint8_t *p = f->data + ETH;
	uint32_t start = IP_ICMP6 + 8;

	ethernet(f, mac, ETH_IP6);
	p[0] = 0x60;
	be16_store(p + 4, 8);
	p[6] = IP_ICMP6;
	p[7] = 255;
	memcpy(p + 8, own, 16);
	memcpy(p + 24, all_routers, 16);
	p[40] = 133;
	for (int i = 0; i < 16; i++)
		start += be16_load(p + 8 + 2 * i);
	be16_store(p + 42, sum(p + 40, 8, start));
	f->len = ETH + 48;
}

/* ---- reading ---- */

static bool is_ip(const struct frame *f, uint8_t proto, size_t len)
{
	return f->len >= IP + len && be16_load(f->data + 12) == ETH_IP && f->data[ETH] == 0x45 &&
	       f->data[ETH + 9] == proto;
}

bool frame_is_udp(const struct frame *f, struct frame_tcp *t)
{
	const uint8_t *p = f->data + IP;

	if (!is_ip(f, IP_UDP, 8))
		return false;
	*t = (struct frame_tcp){
		.src = be32_load(f->data + ETH + 12),
		.dst = be32_load(f->data + ETH + 16),
		.sport = be16_load(p),
		.dport = be16_load(p + 2),
		.data = p + 8,
		.len = be16_load(p + 4) - 8u,
	};
	return true;
}

bool frame_is_tcp(const struct frame *f, struct frame_tcp *t)
{
	const uint8_t *p = f->data + IP;
	size_t header;

	if (!is_ip(f, IP_TCP, 20))
		return false;
	header = (size_t)(p[12] >> 4) * 4;
	*t = (struct frame_tcp){
		.src = be32_load(f->data + ETH + 12),
		.dst = be32_load(f->data + ETH + 16),
		.sport = be16_load(p),
		.dport = be16_load(p + 2),
		.seq = be32_load(p + 4),
		.ack = be32_load(p + 8),
		.flags = p[13],
		.data = p + header,
		.len = be16_load(f->data + ETH + 2) - 20u - header,
	};
	return true;
}

bool frame_is_dhcp_offer(const struct frame *f, uint32_t *address)
{
	struct frame_tcp u;

	if (!frame_is_udp(f, &u) || u.sport != 67 || u.len < 243 || u.data[242] != 2)
		return false;
	*address = be32_load(u.data + 16);
	return true;
}

bool frame_is_arp(const struct frame *f, uint16_t op, uint32_t *sender, uint32_t *target)
{
	const uint8_t *p = f->data + ETH;

	if (f->len < ETH + 28 || be16_load(f->data + 12) != ETH_ARP || be16_load(p + 6) != op)
		return false;
	*sender = be32_load(p + 14);
	*target = be32_load(p + 24);
	return true;
}

bool frame_is_ping_reply(const struct frame *f, uint32_t *src)
{
	if (!is_ip(f, IP_ICMP, 8) || f->data[IP] != 0)
		return false;
	*src = be32_load(f->data + ETH + 12);
	return true;
}

bool frame_is_router_advertisement(const struct frame *f)
{
	return f->len >= ETH + 56 && be16_load(f->data + 12) == ETH_IP6 &&
	       f->data[ETH + 6] == IP_ICMP6 && f->data[ETH + 40] == 134;
}

bool frame_is_unreachable(const struct frame *f, struct frame_tcp *t)
{
	const uint8_t *p = f->data + IP + 8; /* behind ICMP's header: the packet's own */

	if (!is_ip(f, IP_ICMP, 36) || f->data[IP] != 3 || p[0] != 0x45)
		return false;
	*t = (struct frame_tcp){
		.src = be32_load(p + 12),
		.dst = be32_load(p + 16),
		.sport = be16_load(p + 20),
		.dport = be16_load(p + 22),
	};
	return true;
}

bool frame_is_syn6(const struct frame *f, uint16_t dport)
{
	const uint8_t *p = f->data + ETH + 40;

	return f->len >= ETH + 60 && be16_load(f->data + 12) == ETH_IP6 &&
	       f->data[ETH + 6] == IP_TCP && be16_load(p + 2) == dport && p[13] == FRAME_SYN;
}
