/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CONTROL_PRIVATE_H
#define VMM_CONTROL_CONTROL_PRIVATE_H

/* control.c is asked; answers.c answers; start.c begins and ends the process. */

#include "vmm/control/control.h"

/* ---- answers.c ---- */

/* A refusal of @status, with the reason @why (a sentence), or a change that is made. */
void control_answer_settle(struct control_answer *a, uint32_t status, const char *why);

/* What has its status is sent, as far as there is room; the rest when there is. */
void control_answers_send(struct control *c);

/* The place is free again. */
void control_answer_drop(struct control_answer *a);

/* ---- start.c ---- */

/* Wait until the process says how it went. 0, or -errno after one logged line. */
int control_hear(struct control *c);

/* Its end: it has some time for answers on their way. */
void control_reap(struct control *c);

#endif
