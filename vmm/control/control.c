/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "api"
#include "vmm/control/control_private.h"

#include "vmm/base/confine.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RENDER_NS 100000000ULL
#define SECOND_NS 1000000000ULL
#define CHANGES 10u

/* ---- questions ---- */

static bool is_fresh(const struct control_body *b, const struct verb_args *args, uint64_t now_ns)
{
	return b->made && memcmp(&b->args, args, sizeof(*args)) == 0 &&
	       now_ns - b->at_ns < RENDER_NS;
}

static void get(struct control *c, struct control_answer *a, const struct wire_ask *ask)
{
	struct control_body *b = &c->bodies[a->verb_id];
	uint64_t now_ns = sys_now_ns();

	if (!is_fresh(b, &ask->args, now_ns)) {
		if (b->users) { /* an older answer is being sent of it */
			control_answer_settle(
				a, 503, "the answer before this one is not taken yet: try again");
			return;
		}
		jtext_reset(&b->text);
		c->ops.get(c->ops.ctx, (enum verb_id)a->verb_id, &ask->args, &b->text);
		b->made = jtext_finish(&b->text) == 0;
		b->args = ask->args;
		b->at_ns = now_ns;
		loop_charge(c->loop, 16 * b->text.len);
		if (!b->made) {
			jtext_reset(&b->text);
			control_answer_settle(a, 503, "the answer has no room: ask for less");
			return;
		}
	}
	b->users++;
	a->body = b;
	a->status = 200;
}

static bool may_change(struct control *c)
{
	uint64_t now_ns = sys_now_ns();

	if (now_ns - c->changes_ns >= SECOND_NS) {
		c->changes_ns = now_ns;
		c->changes = 0;
	}
	return c->changes++ < CHANGES;
}

static void change(struct control *c, struct control_answer *a, const struct wire_ask *ask)
{
	const char *why = "the machine: not now: try again";
	uint32_t status;

	if (!may_change(c)) {
		control_answer_settle(a, 429,
				      "the machine: it takes 10 changes a second: ask less often");
		return;
	}
	log_info("%s, by user %u, process %d", verbs[ask->verb].path, ask->uid, ask->pid);
	a->status = 0; /* what the change leads to may be control_done() */
	status = c->ops.change(c->ops.ctx, (enum verb_id)a->verb_id, &ask->args, &why);
	control_bodies_anew(c);
	if (status == 101)
		control_grant(c, ask);
	if (status && a->used && !a->status)
		control_answer_settle(a, status, why);
}

static void helper_died(struct control *c, uint32_t status)
{
	struct confine_words words;

	for (size_t i = 0; i < ARRAY_LEN(c->answers); i++)
		if (c->answers[i].used)
			control_answer_drop(&c->answers[i]);
	memset(c->grants, 0, sizeof(c->grants));
	if (read(c->words_fd, &words, sizeof(words)) == sizeof(words))
		log_warn("its process asked for system call %d, which it has no use for: "
			 "the next one comes",
			 words.nr);
	else
		log_warn("its process ended with status 0x%x: the next one comes", status);
	event_emit(EVENT_API_LOST, { .s = "a server has died: the next one comes" });
	control_answers_send(c);
}

static struct control_answer *free_place(struct control *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->answers); i++)
		if (!c->answers[i].used)
			return &c->answers[i];
	return NULL;
}

static bool is_known(uint32_t verb)
{
	for (uint32_t i = 0; verbs[i].path; i++)
		if (i == verb)
			return verbs[i].id != VERB_PING && verbs[i].id != VERB_LATER;
	return false;
}

void control_take(struct control *c, const struct wire_ask *ask, size_t len, int fd)
{
	struct control_answer *a = free_place(c);

	if (fd >= 0 && len == sizeof(*ask) && ask->verb == WIRE_VERB_SOCKET) {
		control_take_socket(c, ask->id, fd);
		return;
	}
	if (fd >= 0)
		sys_close(fd);
	if (len == sizeof(*ask) && ask->verb == WIRE_VERB_DIED) {
		helper_died(c, ask->uid);
		return;
	}
	if (len != sizeof(*ask) || !is_known(ask->verb) || !a)
		return; /* it is out of its mind; its client hears from it that nobody answers */
	a->used = true;
	a->id = ask->id;
	a->verb_id = verbs[ask->verb].id;
	a->sent = 0;
	if (verbs[ask->verb].put)
		change(c, a, ask);
	else
		get(c, a, ask);
	control_answers_send(c);
}

static void gone(struct control *c)
{
	log_error("its process has ended: nobody can ask any more");
	event_emit(EVENT_API_LOST, { .s = "its process has ended" });
	loop_del(c->loop, c->channel);
	sys_close(c->channel);
	c->channel = -1;
}

/* One message a round. */
static void on_channel(void *ctx, uint32_t events)
{
	struct control *c = ctx;
	struct wire_ask ask;
	ssize_t n;
	int fd;

	if (events & EPOLLOUT)
		control_answers_send(c);
	if (!(events & ~(uint32_t)EPOLLOUT))
		return;
	n = wire_recv_fd(c->channel, &ask, sizeof(ask), &fd, MSG_DONTWAIT | MSG_TRUNC);
	if (n > 0)
		control_take(c, &ask, (size_t)n, fd);
	else if (n == 0 || (n != -EAGAIN && n != -EINTR))
		gone(c);
}

/* ---- up and down ---- */

int control_attach(struct control *c, struct loop *loop, const struct control_ops *ops)
{
	int r;

	c->loop = loop;
	c->ops = *ops;
	r = control_hear(c);
	if (r == 0)
		r = loop_add(loop, c->channel, EPOLLIN, on_channel, c);
	return r;
}

void control_close(struct control *c)
{
	if (c->loop && c->channel >= 0)
		loop_del(c->loop, c->channel);
	control_reap(c);
	unix_socket_close(&c->socket);
	for (size_t i = 0; i < ARRAY_LEN(c->bodies); i++)
		jtext_free(&c->bodies[i].text);
	for (size_t i = 0; i < ARRAY_LEN(c->answers); i++)
		jtext_free(&c->answers[i].own);
	c->loop = NULL;
}
