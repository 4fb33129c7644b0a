/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_LOOP_PRIVATE_H
#define VMM_BASE_LOOP_PRIVATE_H

/* Between loop.c and loop_timer.c. */

#include "vmm/base/loop.h"

/* timer_fd was ready: call those whose time has come, and wait for the next. Under the lock. */
void loop_timers_run(struct loop *l);

#endif
