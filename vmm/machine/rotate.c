/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/rotate.h"

#include "vmm/base/log.h"
#include "vmm/machine/console.h"
#include "vmm/machine/watch.h"

void log_files_rotate(struct console *console, struct watch *watch)
{
	log_rotate();
	console_rotate(console);
	watch_rotate(watch);
	log_info("log files are opened anew");
}
