/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/slirp_filter.h"

#include "vmm/base/types.h"

#include <net/ethernet.h>
#include <string.h>

#define TYPE_OFFSET 12u
#define IP_OFFSET 14u
#define IP4_DESTINATION (IP_OFFSET + 16u)
#define IP6_DESTINATION (IP_OFFSET + 24u)

/* 127.0.0.0/8; and 0.0.0.0/8, for "this host" is what connect() makes of 0.0.0.0. */
static bool is_loopback4(const uint8_t *a)
{
	return a[0] == 127 || a[0] == 0;
}

/*
 * ::, ::1, and all else below ::/80, where IPv4 addresses hide: ::ffff:127.0.0.1 is that address,
 * to a socket. Nothing there is ever sent on a wire.
 */
static bool is_loopback6(const uint8_t *a)
{
	static const uint8_t zero[10];

	return memcmp(a, zero, sizeof(zero)) == 0;
}

bool slirp_frame_is_for_loopback(const uint8_t *frame, size_t len)
{
	if (len < IP_OFFSET)
		return false;
	switch (be16_load(frame + TYPE_OFFSET)) {
	case ETHERTYPE_IP:
		return len >= IP4_DESTINATION + 4 && is_loopback4(frame + IP4_DESTINATION);
	case ETHERTYPE_IPV6:
		return len >= IP6_DESTINATION + 16 && is_loopback6(frame + IP6_DESTINATION);
	default:
		return false;
	}
}
