/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers on their way to the process, piece by piece as its socket has room. */
#include "vmm/control/control_private.h"

#include "vmm/base/sys.h"

#include <string.h>
#include <sys/socket.h>

static const struct jtext *text_of(const struct control_answer *a)
{
	return a->body ? &a->body->text : &a->own;
}

void control_answer_drop(struct control_answer *a)
{
	if (a->body)
		a->body->users--;
	a->body = NULL;
	a->used = false;
}

/* False: there is no room now. */
static bool send_piece(struct control *c, struct control_answer *a)
{
	const struct jtext *t = text_of(a);
	struct wire_reply head = {
		.id = a->id, .status = a->status, .total = (uint32_t)t->len, .at = a->sent
	};
	size_t len = t->len - a->sent < WIRE_PIECE ? t->len - a->sent : WIRE_PIECE;
	struct iovec iov[] = { { &head, sizeof(head) }, { len ? t->buf + a->sent : NULL, len } };
	const struct msghdr m = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };

	if (sendmsg(c->channel, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return false;
	loop_charge(c->loop, len + 2 * KiB);
	a->sent += (uint32_t)len;
	if (a->sent == t->len)
		control_answer_drop(a);
	return true;
}

void control_answers_send(struct control *c)
{
	bool room = true, waits = false;

	for (size_t i = 0; i < ARRAY_LEN(c->answers); i++) {
		struct control_answer *a = &c->answers[i];

		while (room && a->used && a->status)
			room = send_piece(c, a);
		waits |= a->used && a->status;
	}
	if (waits != c->wants_out)
		loop_mod(c->loop, c->channel, EPOLLIN | (waits ? EPOLLOUT : 0));
	c->wants_out = waits;
}

static const char *code_of(uint32_t status)
{
	switch (status) {
	case 409:
		return "wrong-state";
	case 429:
		return "too-many";
	case 501:
		return "not-built";
	default:
		return "busy";
	}
}

void control_answer_settle(struct control_answer *a, uint32_t status, const char *why)
{
	char code[32] = "code=";

	a->status = status;
	jtext_reset(&a->own);
	if (status < 400)
		return;
	strcat(code, code_of(status));
	jtext_array(&a->own, NULL);
	jtext_string(&a->own, NULL, why);
	jtext_string(&a->own, NULL, code);
	jtext_end(&a->own);
	if (jtext_finish(&a->own) < 0)
		jtext_reset(&a->own);
}

void control_bodies_anew(struct control *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->bodies); i++)
		c->bodies[i].made = false;
}

void control_done(struct control *c, enum verb_id id, uint32_t status, const char *why)
{
	if (!c->loop || c->channel < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(c->answers); i++) {
		struct control_answer *a = &c->answers[i];

		if (a->used && !a->status && a->verb_id == id)
			control_answer_settle(a, status, why);
	}
	control_bodies_anew(c);
	control_answers_send(c);
}
