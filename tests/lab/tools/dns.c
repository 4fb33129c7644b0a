/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns - a name server on 127.0.0.1 that knows one answer: each name's address is 192.0.2.53
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER 12
#define TYPE_A 1

/* Make the query in @buf an answer; its length, 0 if it is no query. */
static size_t answer(uint8_t *buf, size_t len)
{
	/* the name of the question, IN A, 60 s, 4 bytes */
	static const uint8_t record[] = { 0xc0, HEADER, 0, TYPE_A, 0,   1, 0, 0,
					  0,    60,     0, 4,      192, 0, 2, 53 };
	size_t end = HEADER;

	while (end < len && buf[end])
		end += 1u + buf[end];
	end += 5; /* the root label, type, class */
	if (end > len)
		return 0;
	buf[2] = 0x85; /* an answer, with authority */
	buf[3] = 0x80;
	buf[7] = buf[end - 3] == TYPE_A; /* other types: no such record */
	memset(buf + 8, 0, 4);
	if (!buf[7])
		return end;
	memcpy(buf + end, record, sizeof(record));
	return end + sizeof(record);
}

int main(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t buf[512 + 64];

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror("dns: port 53");
		return 1;
	}
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, buf, 512, 0, (struct sockaddr *)&from, &size);
		size_t len = n > HEADER ? answer(buf, (size_t)n) : 0;

		if (len)
			sendto(fd, buf, len, 0, (struct sockaddr *)&from, size);
	}
}
