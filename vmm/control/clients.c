/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/clients.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* How long a client may stay in a state. The program takes up to 5 s for a pause. */
static const uint32_t most_ms[] = {
	[CLIENT_READS] = 3000,
	[CLIENT_WAITS] = 6000,
	[CLIENT_REPLIES] = 3000,
	[CLIENT_RESTS] = 15000,
};

uint64_t clients_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool lives(const struct client *c)
{
	return c->state != CLIENT_FREE && !c->cut;
}

/* The client's end comes by the library, which sees the end of input. */
static void cut(struct client *c)
{
	c->cut = true;
	shutdown(c->fd, SHUT_RDWR);
}

/* Those who rest before those who ask, and these before those who read an answer. */
static int worth(const struct client *c)
{
	switch (c->state) {
	case CLIENT_RESTS:
		return 0;
	case CLIENT_READS:
		return 1;
	default:
		return 2;
	}
}

static bool is_idler(const struct client *c, const struct client *than)
{
	if (!than)
		return true;
	if (worth(c) != worth(than))
		return worth(c) < worth(than);
	return c->since_ms < than->since_ms;
}

static bool evict(struct clients *all)
{
	struct client *idle = NULL;

	for (size_t i = 0; i < ARRAY_LEN(all->c); i++) {
		struct client *c = &all->c[i];

		if (lives(c) && c->state != CLIENT_WAITS && is_idler(c, idle))
			idle = c;
	}
	if (idle)
		cut(idle);
	return idle;
}

struct client *clients_add(struct clients *all, int fd)
{
	struct client *place = NULL;
	uint32_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(all->c); i++) {
		n += lives(&all->c[i]);
		if (!place && all->c[i].state == CLIENT_FREE)
			place = &all->c[i];
	}
	if (!place || (n >= CLIENTS_MAX && !evict(all)))
		return NULL;
	*place = (struct client){ .fd = fd };
	client_enter(place, CLIENT_READS);
	return place;
}

struct client *clients_by_fd(struct clients *all, int fd)
{
	for (size_t i = 0; i < ARRAY_LEN(all->c); i++)
		if (all->c[i].state != CLIENT_FREE && all->c[i].fd == fd)
			return &all->c[i];
	return NULL;
}

struct client *clients_by_id(struct clients *all, uint32_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(all->c); i++)
		if (all->c[i].state == CLIENT_WAITS && all->c[i].id == id)
			return &all->c[i];
	return NULL;
}

void client_enter(struct client *c, enum client_state state)
{
	c->state = state;
	c->since_ms = clients_now_ms();
}

void client_forget_request(struct client *c)
{
	free(c->body);
	free(c->reply);
	c->body = c->reply = NULL;
	c->verb = NULL;
	c->body_len = 0;
	c->status = c->reply_len = c->reply_got = 0;
}

void client_free(struct client *c)
{
	client_forget_request(c);
	*c = (struct client){ 0 };
}

struct client *clients_hurry(struct clients *all)
{
	uint64_t now_ms = clients_now_ms();

	for (size_t i = 0; i < ARRAY_LEN(all->c); i++) {
		struct client *c = &all->c[i];

		if (!lives(c) || now_ms - c->since_ms < most_ms[c->state])
			continue;
		if (c->state == CLIENT_WAITS)
			return c;
		cut(c);
	}
	return NULL;
}

int clients_wait_ms(const struct clients *all)
{
	uint64_t now_ms = clients_now_ms();
	int64_t least = -1;

	for (size_t i = 0; i < ARRAY_LEN(all->c); i++) {
		const struct client *c = &all->c[i];
		int64_t left;

		if (!lives(c))
			continue;
		left = (int64_t)most_ms[c->state] - (int64_t)(now_ms - c->since_ms);
		left = left < 0 ? 0 : left;
		if (least < 0 || left < least)
			least = left;
	}
	return (int)least;
}
