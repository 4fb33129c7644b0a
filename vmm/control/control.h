/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CONTROL_H
#define VMM_CONTROL_CONTROL_H

/*
 * The program's end of the control API. Clients speak HTTP and JSON with a process of its own (process.h),
 * which asks here by fixed structs. Nothing waits for that process: an answer that its socket has no room
 * for waits in a place of the process's own, and one that has died is replaced.
 *
 *	control_start()    before guest RAM and threads are there: forks
 *	control_attach()   the loop serves from here on
 *	control_close()
 *
 * What is asked for is the machine's to say (struct control_ops). Answers to GETs are rendered at most ten
 * times a second each, or anew after a change; so many changes a second are taken in all. Everything but control_start() is called
 * under the lock of the loop.
 */

#include "vmm/base/blame.h"
#include "vmm/base/loop.h"
#include "vmm/base/unix_socket.h"
#include "vmm/control/jtext.h"
#include "vmm/control/wire.h"

#include <sys/types.h>

struct control_ops {
	void *ctx;
	/* Write the body of a GET. */
	void (*get)(void *ctx, enum verb_id id, const struct verb_args *args, struct jtext *to);
	/*
	 * Make a change. Return a status of HTTP, other than 204 with the reason in *@why ("object: cause:
	 * remedy"); or 0: control_done() will tell.
	 */
	uint32_t (*change)(void *ctx, enum verb_id id, const struct verb_args *args,
			   const char **why);
	/*
	 * A change was answered by 101: @fd is the client's connection, a stream socket. 0, and @fd is the
	 * machine's; or -errno, and @fd is closed.
	 */
	int (*attach)(void *ctx, int fd, const struct verb_args *args);
};

/* A change that was answered by 101: its client's socket may come. */
struct control_grant {
	bool used;
	uint32_t id;
	struct verb_args args;
};

/* The last rendering of a GET. */
struct control_body {
	struct jtext text;
	struct verb_args args;
	uint64_t at_ns;
	uint32_t users; /* answers that are being sent of it */
	bool made;
};

/* An answer, or a place for one. */
struct control_answer {
	bool used;
	uint8_t verb_id;
	uint32_t id;
	uint32_t status; /* 0: a change that is not made yet */
	uint32_t sent;
	struct control_body *body; /* NULL: own */
	struct jtext own;          /* why it was refused */
};

struct control {
	struct control_ops ops;
	struct loop *loop; /* borrowed; NULL: not attached */
	int channel;       /* -1: none */
	int words_fd;
	pid_t pid;
	int pid_fd;
	struct unix_socket socket;
	struct control_body bodies[VERB_GETS];
	struct control_answer answers[WIRE_ASKS];
	struct control_grant grants[WIRE_ASKS];
	uint32_t next_grant; /* its place; that of one who has never come is taken again */
	uint64_t changes_ns; /* when the changes of this second began */
	uint32_t changes;
	bool wants_out;
};

/* An empty one, which control_close() accepts. */
void control_init(struct control *c);

/**
 * control_start - listen, and fork the process
 * @where: a path, or "fd:NAME": a socket that a service manager has passed (LISTEN_FDS)
 * @mode, @gid: of the file at that path, see vmm/base/unix_socket.h
 * @blame: BLAME_HOST at first; out, with a failure: whose fault it is
 * Return 0 or -errno after one logged line.
 */
int control_start(struct control *c, const char *where, unsigned int mode, uint32_t gid,
		  const char *version, enum blame *blame);

/* The process is there, which may have to be waited for. 0, or -errno after one logged line. */
int control_attach(struct control *c, struct loop *loop, const struct control_ops *ops);

/* All changes of this kind that wait are made, or refused: @why. */
void control_done(struct control *c, enum verb_id id, uint32_t status, const char *why);

/* Answers that have left reach their clients. Tolerates a second call. */
void control_close(struct control *c);

/*
 * What arrives from the process: for the fuzzer, and the loop. @len bytes at @ask. @fd: what came with them,
 * which is closed here if it was not asked for; -1: nothing.
 */
void control_take(struct control *c, const struct wire_ask *ask, size_t len, int fd);

#endif
