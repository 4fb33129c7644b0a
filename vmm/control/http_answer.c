/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/http_private.h"

#include "vmm/control/jtext.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define AGAIN_MS 50 /* an answer is given again for so long */

/* The bytes are copied. NULL: there is no memory. */
static struct MHD_Response *response(struct http *h, const struct client *c, uint32_t status,
				     const char *type, const void *bytes, size_t len)
{
	struct MHD_Response *r =
		h->lib.MHD_create_response_from_buffer(len, (void *)bytes, MHD_RESPMEM_MUST_COPY);

	if (r && len)
		h->lib.MHD_add_response_header(r, "Content-Type", type);
	if (r && status == 405)
		h->lib.MHD_add_response_header(r, "Allow", c->verb->put ? "PUT" : "GET");
	if (r && (status == 429 || status == 503))
		h->lib.MHD_add_response_header(r, "Retry-After", "1");
	return r;
}

static enum MHD_Result reply(struct http *h, struct client *c, uint32_t status,
			     struct MHD_Response *r)
{
	client_enter(c, CLIENT_REPLIES);
	return h->lib.MHD_queue_response(c->conn, status, r);
}

static enum MHD_Result answer(struct http *h, struct client *c, uint32_t status, const char *type,
			      const void *bytes, size_t len)
{
	struct MHD_Response *r = response(h, c, status, type, bytes, len);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	done = reply(h, c, status, r);
	h->lib.MHD_destroy_response(r);
	return done;
}

enum MHD_Result http_fail(struct http *h, struct client *c, uint32_t status, const char *why,
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

enum MHD_Result http_ping(struct http *h, struct client *c)
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

/*
 * The head has left: the connection goes to the program, and this process has no part in it any more. Who
 * has sent more before the head came has lost it, and is let go.
 */
static void hand_over(void *cls, struct MHD_Connection *conn, void *con_cls, const char *extra,
		      size_t extra_len, MHD_socket fd, struct MHD_UpgradeResponseHandle *urh)
{
	struct http *h = cls;
	struct client *c = clients_by_fd(&h->clients, fd);

	(void)conn;
	(void)con_cls;
	(void)extra;
	if (c && extra_len == 0) {
		const struct wire_ask a = { .id = c->id, .verb = WIRE_VERB_SOCKET };

		wire_send_fd(h->channel, &a, sizeof(a), fd, MSG_DONTWAIT);
	}
	if (c)
		c->cut = true; /* it is not to be shut down by us */
	h->lib.MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
	h->switched = true;
}

static enum MHD_Result switch_over(struct http *h, struct client *c)
{
	struct MHD_Response *r = h->lib.MHD_create_response_for_upgrade(hand_over, h);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	h->lib.MHD_add_response_header(r, "Upgrade", "spapr-console");
	done = h->lib.MHD_queue_response(c->conn, 101, r);
	h->lib.MHD_destroy_response(r);
	return done;
}

bool http_answer_again(struct http *h, struct client *c, const struct verb_args *args,
		       enum MHD_Result *done)
{
	const struct http_last *l = &h->last;

	if (l->verb != c->verb || memcmp(&l->args, args, sizeof(*args)) != 0 ||
	    clients_now_ms() - l->at_ms >= AGAIN_MS)
		return false;
	*done = reply(h, c, 200, l->response);
	return true;
}

void http_forget_answer(struct http *h)
{
	h->last.verb = NULL;
	h->changes++;
}

/* Takes the response over, which @c has been given. */
static void remember(struct http *h, const struct client *c, struct MHD_Response *r)
{
	if (h->last.response)
		h->lib.MHD_destroy_response(h->last.response);
	h->last = (struct http_last){ c->verb, c->args, clients_now_ms(), r };
}

/* What the program said. */
enum MHD_Result http_pass_on(struct http *h, struct client *c)
{
	const char *type = c->status == 200 ? c->verb->type : "application/json";
	struct MHD_Response *r;
	enum MHD_Result done;

	if (c->status == 101)
		return switch_over(h, c);
	if (c->status == 503 && !c->reply_len)
		return http_fail(h, c, 503, "the guest: no answer in time: try again", "busy");
	r = response(h, c, c->status, type, c->reply ? c->reply : "", c->reply_len);
	if (!r)
		return MHD_NO;
	done = reply(h, c, c->status, r);
	if (c->verb->put)
		http_forget_answer(h);
	/* What may have been rendered before a change is not given again. */
	if (!c->verb->put && c->status == 200 && c->changes == h->changes)
		remember(h, c, r);
	else
		h->lib.MHD_destroy_response(r);
	return done;
}
