/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CONTROL_PRIVATE_H
#define VMM_CONTROL_CONTROL_PRIVATE_H

/* control.c asks and answers; control_socket.c takes sockets; start.c begins and ends the process. */

#include "vmm/control/control.h"

/* Wait until the process says how it went. 0, or -errno after one logged line. */
int control_hear(struct control *c);

/* @ask was answered by 101: its client's socket may come. */
void control_grant(struct control *c, const struct wire_ask *ask);

/* The socket of the client whose question @id was. Closed, where nobody waits for it or it is none. */
void control_take_socket(struct control *c, uint32_t id, int fd);

/* Its end: it has some time for answers on their way. */
void control_reap(struct control *c);

#endif
