/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/http.h"

#include "vmm/control/jtext.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define HEAD_MAX (16 * KiB)
#define LAST_MS 1000 /* the program has gone: so long answers may still be taken */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- answers ---- */

/* The bytes are copied. */
static enum MHD_Result answer(struct http *h, struct client *c, uint32_t status, const char *type,
			      const void *bytes, size_t len)
{
	struct MHD_Response *r =
		h->lib.MHD_create_response_from_buffer(len, (void *)bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	if (len)
		h->lib.MHD_add_response_header(r, "Content-Type", type);
	if (status == 405)
		h->lib.MHD_add_response_header(r, "Allow", c->verb->put ? "PUT" : "GET");
	if (status == 429 || status == 503)
		h->lib.MHD_add_response_header(r, "Retry-After", "1");
	client_enter(c, CLIENT_REPLIES, now_ms());
	done = h->lib.MHD_queue_response(c->conn, status, r);
	h->lib.MHD_destroy_response(r);
	return done;
}

static enum MHD_Result fail(struct http *h, struct client *c, uint32_t status, const char *why,
			    const char *code)
{
	struct jtext j = { 0 };
	enum MHD_Result done;
	char word[40];

	snprintf(word, sizeof(word), "code=%s", code);
	jtext_array(&j, NULL);
	jtext_string(&j, NULL, why);
	jtext_string(&j, NULL, word);
	jtext_end(&j);
	done = jtext_finish(&j) < 0 ? MHD_NO
				    : answer(h, c, status, "application/json", j.buf, j.len);
	jtext_free(&j);
	return done;
}

static enum MHD_Result ping(struct http *h, struct client *c)
{
	struct jtext j = { 0 };
	enum MHD_Result done = MHD_NO;

	jtext_object(&j, NULL);
	jtext_string(&j, "build_version", h->version);
	jtext_string(&j, "version", h->version);
	jtext_number(&j, "pid", (uint64_t)h->program);
	jtext_array(&j, "features");
	jtext_end(&j);
	jtext_end(&j);
	if (jtext_finish(&j) == 0)
		done = answer(h, c, 200, "application/json", j.buf, j.len);
	jtext_free(&j);
	return done;
}

/* What the program said. */
static enum MHD_Result pass_on(struct http *h, struct client *c)
{
	const char *type = c->status == 200 ? c->verb->type : "application/json";

	if (c->status == 503 && !c->reply_len)
		return fail(h, c, 503, "the guest: no answer in time: try again", "busy");
	return answer(h, c, c->status, type, c->reply ? c->reply : "", c->reply_len);
}

/* ---- requests ---- */

struct head {
	uint32_t lengths, others; /* Content-Length; Transfer-Encoding */
};

static enum MHD_Result see_header(void *ctx, enum MHD_ValueKind kind, const char *key,
				  const char *value)
{
	struct head *head = ctx;

	(void)kind;
	(void)value;
	head->lengths += strcasecmp(key, "Content-Length") == 0;
	head->others += strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

static bool is_long(const char *length)
{
	return length && strtoull(length, NULL, 10) > BODY_MAX;
}

/* The head is there. Answered here, it is the connection's last: a body may be on its way. */
static enum MHD_Result judge_head(struct http *h, struct client *c, const char *url,
				  const char *method)
{
	struct head head = { 0 };

	h->lib.MHD_get_connection_values(c->conn, MHD_HEADER_KIND, see_header, &head);
	c->verb = verb_at(url);
	if (head.lengths > 1 || head.others)
		return fail(h, c, 400,
			    "the request: one Content-Length and no Transfer-Encoding is taken",
			    "bad-head");
	if (h->lib.MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, "Origin"))
		return fail(h, c, 403, "the request: a browser's page sent it: use a program",
			    "forbidden");
	if (!c->verb)
		return fail(h, c, 404, "the path: there is no such verb", "not-found");
	if (strcmp(method, c->verb->put ? "PUT" : "GET") != 0)
		return fail(h, c, 405, c->verb->put ? "the method: use PUT" : "the method: use GET",
			    "wrong-method");
	if (is_long(h->lib.MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, "Content-Length")))
		return fail(h, c, 413, "the body: it may have 65536 bytes", "too-large");
	return MHD_YES;
}

/* No more comes than the head said. */
static enum MHD_Result take_body(struct client *c, const char *data, size_t len)
{
	if (!c->body)
		c->body = malloc(BODY_MAX);
	if (!c->body || len > BODY_MAX - c->body_len)
		return MHD_NO;
	memcpy(c->body + c->body_len, data, len);
	c->body_len += len;
	return MHD_YES;
}

struct query {
	const struct verb *verb;
	struct verb_args *args;
	struct body_fault *fault;
	bool bad;
};

static enum MHD_Result see_query(void *ctx, enum MHD_ValueKind kind, const char *key,
				 const char *value)
{
	struct query *q = ctx;

	(void)kind;
	q->bad = !body_read_query(q->verb, key, value, q->args, q->fault);
	return q->bad ? MHD_NO : MHD_YES;
}

/* Asks the program. The connection is put aside until the answer comes. */
static enum MHD_Result ask(struct http *h, struct client *c, const struct verb_args *args)
{
	struct wire_ask a = {
		.id = h->next_id++,
		.verb = (uint32_t)(c->verb - verbs),
		.uid = c->uid,
		.pid = c->pid,
		.args = *args,
	};

	if (send(h->channel, &a, sizeof(a), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(a))
		return fail(h, c, 503, "the program: it is busy: try again", "busy");
	c->id = a.id;
	client_enter(c, CLIENT_WAITS, now_ms());
	h->lib.MHD_suspend_connection(c->conn);
	return MHD_YES;
}

/* The whole request is there. */
static enum MHD_Result act(struct http *h, struct client *c)
{
	struct verb_args args = { 0 };
	struct body_fault fault = { 0 };
	struct query q = { c->verb, &args, &fault, false };
	char why[BODY_WHY];

	h->lib.MHD_get_connection_values(c->conn, MHD_GET_ARGUMENT_KIND, see_query, &q);
	if (q.bad || !body_read(&h->lib, c->verb, c->body, c->body_len, &args, &fault))
		return fail(h, c, 400, fault.why, fault.code);
	if (c->verb->id == VERB_PING)
		return ping(h, c);
	if (c->verb->id != VERB_LATER)
		return ask(h, c, &args);
	snprintf(why, sizeof(why), "%s: not built: %s", c->verb->path, c->verb->help);
	return fail(h, c, 501, why, "not-built");
}

/* Comes with the head, with each piece of the body, at the end, and once more with the answer. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **con_cls)
{
	struct http *h = cls;
	struct client *c = *con_cls;

	(void)version;
	if (!c) {
		c = clients_by_fd(
			&h->clients,
			h->lib.MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)
				->connect_fd);
		if (!c)
			return MHD_NO;
		*con_cls = c;
		c->conn = conn;
		if (c->state == CLIENT_RESTS)
			client_enter(c, CLIENT_READS, now_ms());
		return judge_head(h, c, url, method);
	}
	if (*len) {
		enum MHD_Result r = take_body(c, data, *len);

		*len = 0;
		return r;
	}
	return c->status ? pass_on(h, c) : act(h, c);
}

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
	client_enter(c, CLIENT_RESTS, now_ms());
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
	c = clients_add(&h->clients, fd, now_ms());
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
	client_enter(c, CLIENT_REPLIES, now_ms());
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

	ms = least(ms, clients_wait_ms(&h->clients, now_ms()));
	if (h->lib.MHD_get_timeout(h->daemon, &library) == MHD_YES)
		ms = least(ms, library > INT32_MAX ? INT32_MAX : (int)library);
	return ms;
}

bool http_turn(struct http *h, int ms)
{
	struct pollfd fds[] = {
		{ .fd = h->epoll_fd, .events = POLLIN },
		{ .fd = h->channel, .events = POLLIN },
		{ .fd = h->listen_fd, .events = POLLIN },
	};
	struct client *late;
	bool alive = true;

	if (poll(fds, ARRAY_LEN(fds), wait_ms(h, ms)) < 0)
		return errno == EINTR;
	if (fds[1].revents)
		alive = take_reply(h);
	if (fds[2].revents & POLLIN)
		accept_one(h);
	late = clients_hurry(&h->clients, now_ms());
	if (late) {
		late->reply_len = 0;
		resume(h, late, 503);
	}
	h->lib.MHD_run(h->daemon);
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
	uint64_t end = now_ms() + LAST_MS;

	h->channel = h->listen_fd = -1;
	while (any_replies(h) && now_ms() < end)
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
	const union MHD_DaemonInfo *info;

	h->next_id = first_id;
	h->daemon = h->lib.MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX,
		MHD_OPTION_CONNECTION_LIMIT, 2 * CLIENTS_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, h, MHD_OPTION_END);
	if (!h->daemon)
		return -EIO;
	info = h->lib.MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EIO;
	h->epoll_fd = info->epoll_fd;
	return 0;
}
