/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/http_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX (16 * KiB)
#define LAST_MS 1000 /* the program has gone: so long answers may still be taken */

/* ---- what the library tells ---- */

static void on_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
			 enum MHD_RequestTerminationCode why)
{
	struct client *c = *con_cls;

	(void)cls;
	(void)conn;
	(void)why;
	if (!c)
		return;
	client_forget_request(c);
	client_enter(c, CLIENT_RESTS);
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *h = cls;
	struct client *c;

	(void)socket_context;
	if (code != MHD_CONNECTION_NOTIFY_CLOSED)
		return;
	c = clients_by_fd(&h->clients,
			  h->lib.MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)
				  ->connect_fd);
	if (c)
		client_free(c);
}

/* A path is what it says: no verb and no number needs an escape, and %00 would cut one short. */
static size_t leave_escapes(void *cls, struct MHD_Connection *conn, char *text)
{
	(void)cls;
	(void)conn;
	return strlen(text);
}

/* ---- the loop ---- */

static void accept_one(struct http *h)
{
	int fd = accept4(h->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct sockaddr none = { .sa_family = AF_UNIX };
	struct ucred peer = { .uid = UINT32_MAX };
	socklen_t len = sizeof(peer);
	struct client *c;

	if (fd < 0)
		return;
	c = clients_add(&h->clients, fd);
	if (!c) {
		close(fd);
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	c->uid = peer.uid;
	c->pid = peer.pid;
	/* A failure closes the descriptor. */
	if (h->lib.MHD_add_connection(h->daemon, fd, &none, sizeof(none)) != MHD_YES)
		client_free(c);
}

static void resume(struct http *h, struct client *c, uint32_t status)
{
	c->status = status;
	client_enter(c, CLIENT_REPLIES);
	h->lib.MHD_resume_connection(c->conn);
}

static void take_piece(struct http *h, const struct wire_reply *r, const char *bytes, size_t len)
{
	struct client *c = clients_by_id(&h->clients, r->id);

	if (!c)
		return; /* it waits no more */
	if (!c->reply && r->total) {
		c->reply = malloc(r->total);
		c->reply_len = r->total;
	}
	if ((r->total && !c->reply) || r->at != c->reply_got || len > c->reply_len - r->at) {
		c->reply_len = 0;
		resume(h, c, 503);
		return;
	}
	if (len)
		memcpy(c->reply + r->at, bytes, len);
	c->reply_got += (uint32_t)len;
	if (c->reply_got == c->reply_len)
		resume(h, c, r->status);
}

/* False: the program has gone. */
static bool take_reply(struct http *h)
{
	struct {
		struct wire_reply head;
		char bytes[WIRE_PIECE];
	} m;
	ssize_t n = recv(h->channel, &m, sizeof(m), MSG_DONTWAIT);

	if (n >= (ssize_t)sizeof(m.head))
		take_piece(h, &m.head, m.bytes, (size_t)n - sizeof(m.head));
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET));
}

static int least(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int wait_ms(struct http *h, int ms)
{
	MHD_UNSIGNED_LONG_LONG library;

	ms = h->switched ? 0 : least(ms, clients_wait_ms(&h->clients));
	h->switched = false;
	if (h->lib.MHD_get_timeout(h->daemon, &library) == MHD_YES)
		ms = least(ms, library > INT32_MAX ? INT32_MAX : (int)library);
	return ms;
}

/* Who may be read from, who may be written to, and who fails. */
struct ready {
	fd_set in, out, bad;
	int last; /* descriptor; -1: none */
};

static void watch(struct ready *r, int fd)
{
	if (fd < 0)
		return;
	FD_SET(fd, &r->in);
	r->last = fd > r->last ? fd : r->last;
}

/*
 * The library could wait by epoll, too: then each request would take two more calls that find nothing. Who
 * waits here are few, and their descriptors small.
 */
static int wait_for(struct http *h, struct ready *r, int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	r->last = -1;
	FD_ZERO(&r->in);
	FD_ZERO(&r->out);
	FD_ZERO(&r->bad);
	h->lib.MHD_get_fdset2(h->daemon, &r->in, &r->out, &r->bad, &r->last, FD_SETSIZE);
	watch(r, h->channel);
	watch(r, h->listen_fd);
	return pselect(r->last + 1, &r->in, &r->out, &r->bad, ms < 0 ? NULL : &ts, NULL);
}

static bool is_ready(const struct ready *r, int fd)
{
	return fd >= 0 && FD_ISSET(fd, &r->in);
}

bool http_turn(struct http *h, int ms)
{
	struct client *late;
	struct ready ready;
	bool alive = true;

	if (wait_for(h, &ready, wait_ms(h, ms)) < 0)
		return errno == EINTR;
	if (is_ready(&ready, h->channel))
		alive = take_reply(h);
	if (is_ready(&ready, h->listen_fd))
		accept_one(h);
	late = clients_hurry(&h->clients);
	if (late) {
		late->reply_len = 0;
		resume(h, late, 503);
	}
	/* In parentheses, as newer headers have a macro of that name. */
	(h->lib.MHD_run_from_select)(h->daemon, &ready.in, &ready.out, &ready.bad);
	return alive;
}

static bool any_replies(const struct http *h)
{
	for (size_t i = 0; i < ARRAY_LEN(h->clients.c); i++)
		if (h->clients.c[i].state == CLIENT_REPLIES)
			return true;
	return false;
}

/* The answer to vm.shutdown is on its way when the program ends. */
static void say_goodbye(struct http *h)
{
	uint64_t end = clients_now_ms() + LAST_MS;

	h->channel = h->listen_fd = -1;
	while (any_replies(h) && clients_now_ms() < end)
		http_turn(h, 50);
}

void http_serve(struct http *h)
{
	while (http_turn(h, -1))
		;
	say_goodbye(h);
}

int http_start(struct http *h, uint32_t first_id)
{
	h->next_id = first_id;
	h->daemon = h->lib.MHD_start_daemon(
		MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE, 0, NULL,
		NULL, http_on_request, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX,
		MHD_OPTION_CONNECTION_LIMIT, 2 * CLIENTS_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
	return h->daemon ? 0 : -EIO;
}
