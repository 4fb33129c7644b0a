/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD_MAX 4096u
#define BODY_SANE (64 * MiB)

int client_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

static int send_request(int fd, const struct verb *v, const char *body)
{
	const char *query = !v->put && body ? body : "";
	size_t len = v->put && body ? strlen(body) : 0;
	const char *more =
		v->statuses & VERB_101 ? "Connection: Upgrade\r\nUpgrade: spapr-console\r\n" : "";
	char head[320];
	int n = snprintf(head, sizeof(head),
			 "%s " VERB_PREFIX "%s%s%.100s HTTP/1.1\r\nHost: spapr-vmm\r\n"
			 "%sContent-Length: %zu\r\n\r\n",
			 v->put ? "PUT" : "GET", v->path, *query ? "?" : "", query, more, len);
	int r = send_all(fd, head, (size_t)n);

	return r == 0 && len ? send_all(fd, body, len) : r;
}

/* Up to and with the empty line: one byte at a time, as what follows is of the body. */
static int read_head(int fd, char head[HEAD_MAX])
{
	for (size_t n = 0; n < HEAD_MAX - 1;) {
		ssize_t r = read(fd, head + n, 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ECONNRESET;
		head[++n] = '\0';
		if (n >= 4 && strcmp(head + n - 4, "\r\n\r\n") == 0)
			return 0;
	}
	return -EPROTO;
}

static int read_body(int fd, struct client_reply *reply)
{
	reply->body = malloc(reply->len + 1);
	if (!reply->body)
		return -ENOMEM;
	for (size_t n = 0; n < reply->len;) {
		ssize_t r = read(fd, reply->body + n, reply->len - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ECONNRESET;
		n += (size_t)r;
	}
	reply->body[reply->len] = '\0';
	return 0;
}

int client_ask(int fd, const struct verb *v, const char *body, struct client_reply *reply)
{
	char head[HEAD_MAX];
	const char *length;
	int r = send_request(fd, v, body);

	*reply = (struct client_reply){ 0 };
	if (r == 0)
		r = read_head(fd, head);
	if (r == 0 && (strncmp(head, "HTTP/1.1 ", 9) != 0))
		r = -EPROTO;
	if (r < 0)
		return r;
	reply->status = (uint32_t)strtoul(head + 9, NULL, 10);
	length = strcasestr(head, "\nContent-Length:");
	reply->len = length ? strtoul(length + 16, NULL, 10) : 0;
	if (reply->len > BODY_SANE)
		return -EPROTO;
	r = read_body(fd, reply);
	if (r < 0)
		client_reply_free(reply);
	return r;
}

void client_reply_free(struct client_reply *reply)
{
	free(reply->body);
	*reply = (struct client_reply){ 0 };
}
