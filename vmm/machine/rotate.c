/* SPDX-License-Identifier: BSD-2-Clause */
/* Log files that were moved away: SIGHUP (signals.h), or whoever else asks. */
#define LOG_PREFIX "machine"
#include "vmm/base/log.h"
#include "vmm/machine/machine_impl.h"

void machine_rotate(struct machine *m)
{
	log_rotate();
	console_rotate(&m->console);
	watch_rotate(&m->watch);
	log_info("log files are opened anew");
}
