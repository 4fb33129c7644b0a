/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/http_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

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
		return http_fail(
			h, c, 400,
			"the request: one Content-Length and no Transfer-Encoding is taken",
			"bad-head");
	if (h->lib.MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, "Origin"))
		return http_fail(h, c, 403, "the request: a browser's page sent it: use a program",
				 "forbidden");
	if (!c->verb)
		return http_fail(h, c, 404, "the path: there is no such verb", "not-found");
	if (strcmp(method, c->verb->put ? "PUT" : "GET") != 0)
		return http_fail(h, c, 405,
				 c->verb->put ? "the method: use PUT" : "the method: use GET",
				 "wrong-method");
	if (c->verb->statuses & VERB_101 &&
	    !h->lib.MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, "Upgrade"))
		return http_fail(h, c, 400, "the request: send Upgrade: spapr-console with it",
				 "bad-head");
	if (is_long(h->lib.MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, "Content-Length")))
		return http_fail(h, c, 413, "the body: it may have 65536 bytes", "too-large");
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
	enum MHD_Result done;
	struct wire_ask a = {
		.id = h->next_id++,
		.verb = (uint32_t)(c->verb - verbs),
		.uid = c->uid,
		.pid = c->pid,
		.args = *args,
	};

	if (c->verb->put)
		http_forget_answer(h);
	else if (http_answer_again(h, c, args, &done))
		return done;
	if (send(h->channel, &a, sizeof(a), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(a))
		return http_fail(h, c, 503, "the program: it is busy: try again", "busy");
	c->id = a.id;
	c->args = *args;
	c->changes = h->changes;
	client_enter(c, CLIENT_WAITS);
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
		return http_fail(h, c, 400, fault.why, fault.code);
	if (c->verb->id == VERB_PING)
		return http_ping(h, c);
	if (c->verb->id != VERB_LATER)
		return ask(h, c, &args);
	snprintf(why, sizeof(why), "%s: not built: %s", c->verb->path, c->verb->help);
	return http_fail(h, c, 501, why, "not-built");
}

/* Comes with the head, with each piece of the body, at the end, and once more with the answer. */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *conn, const char *url,
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
			client_enter(c, CLIENT_READS);
		return judge_head(h, c, url, method);
	}
	if (*len) {
		enum MHD_Result r = take_body(c, data, *len);

		*len = 0;
		return r;
	}
	return c->status ? http_pass_on(h, c) : act(h, c);
}
