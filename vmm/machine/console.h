/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_CONSOLE_H
#define VMM_MACHINE_CONSOLE_H

/* The guest's console: its terminal (sphapr/vty.h) and a back end of the host, joined. */

#include "devices/backend/chardev/chardev.h"
#include "vmm/machine/service.h"
#include "vmm/machine/stop.h"

struct console {
	struct chardev dev;
	struct spapr *sp;        /* borrowed */
	struct stop *stop;       /* borrowed */
	struct service *service; /* borrowed, set by the caller; NULL: none */
};

/* Joins the terminal of @sp and @backend, which is borrowed. 0 or -errno, logged. */
int console_open(struct console *c, const char *backend, struct spapr *sp, struct loop *loop,
		 struct stop *stop);

/* Tolerates one that is not open. */
void console_close(struct console *c);

#endif
