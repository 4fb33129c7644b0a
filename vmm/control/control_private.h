/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CONTROL_PRIVATE_H
#define VMM_CONTROL_CONTROL_PRIVATE_H

/* control.c is asked; answers.c answers; control_socket.c takes sockets; start.c begins and ends the process. */

#include "vmm/control/control.h"

/* ---- answers.c ---- */

/* A refusal of @status, with the reason @why (a sentence), or a change that is made. */
void control_answer_settle(struct control_answer *a, uint32_t status, const char *why);

/* What has its status is sent, as far as there is room; the rest when there is. */
void control_answers_send(struct control *c);

/* Something has changed: what was rendered is of before. */
void control_bodies_anew(struct control *c);

/* The place is free again. */
void control_answer_drop(struct control_answer *a);

/* ---- start.c ---- */

/* Wait until the process says how it went. 0, or -errno after one logged line. */
int control_hear(struct control *c);

/* @ask was answered by 101: its client's socket may come. */
void control_grant(struct control *c, const struct wire_ask *ask);

/* The socket of the client whose question @id was. Closed, where nobody waits for it or it is none. */
void control_take_socket(struct control *c, uint32_t id, int fd);

/* The end of the process: it has some time for answers on their way. */
void control_reap(struct control *c);

#endif
