/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CONTROL_PRIVATE_H
#define VMM_CONTROL_CONTROL_PRIVATE_H

/* control.c asks and answers; start.c begins and ends the process. */

#include "vmm/control/control.h"

/* Wait until the process says how it went. 0, or -errno after one logged line. */
int control_hear(struct control *c);

/* Its end: it has some time for answers on their way. */
void control_reap(struct control *c);

#endif
