/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CLIENTS_H
#define VMM_CONTROL_CLIENTS_H

/*
 * Who is connected to the control API, and how long each may take. In the helper's process.
 *
 * States, and what enters each:
 *	FREE      the connection has ended
 *	READS     accepted; a request's head is there: until the request's last byte
 *	WAITS     the program was asked
 *	REPLIES   an answer is being taken
 *	RESTS     the answer was taken: another request may come
 * A client that stays in a state for too long is cut, and so is the one who has been idle for longest when
 * there are CLIENTS_MAX and one more comes. A cut client is gone when the library has seen so.
 */

#include "vmm/control/body.h"

#define CLIENTS_MAX 8u

enum client_state { CLIENT_FREE, CLIENT_READS, CLIENT_WAITS, CLIENT_REPLIES, CLIENT_RESTS };

struct client {
	int fd;
	enum client_state state;
	bool cut;
	uint64_t since_ms; /* it entered the state; of a first request: was accepted */
	uint32_t uid;
	int32_t pid;
	struct MHD_Connection *conn;

	/* Of the request in hand. */
	const struct verb *verb;
	char *body; /* owned, BODY_MAX bytes; NULL: none came */
	size_t body_len;
	uint32_t id;           /* of the question to the program */
	struct verb_args args; /* of that question */
	uint32_t changes;      /* struct http's, when it was asked */
	uint32_t status;       /* of the answer; 0: none yet */
	char *reply;           /* owned */
	uint32_t reply_len, reply_got;
};

/* Those that are cut have a place until they are gone. */
struct clients {
	struct client c[2 * CLIENTS_MAX];
};

/* A place for @fd, of which somebody may be cut; NULL: none, as all of them wait for the program. */
struct client *clients_add(struct clients *all, int fd);

/* The one with this descriptor, or the one who waits for the answer @id; NULL: none. */
struct client *clients_by_fd(struct clients *all, int fd);
struct client *clients_by_id(struct clients *all, uint32_t id);

void client_enter(struct client *c, enum client_state state);

/* What the request brought is given back; the connection stays. */
void client_forget_request(struct client *c);
void client_free(struct client *c);

/*
 * Cuts those who take too long. The one who has waited too long for the program is returned, for an answer
 * in the program's place; NULL: there is none.
 */
struct client *clients_hurry(struct clients *all);

/* Until the next one takes too long: milliseconds, or -1. */
int clients_wait_ms(const struct clients *all);

uint64_t clients_now_ms(void);

#endif
