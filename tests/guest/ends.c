/* SPDX-License-Identifier: BSD-2-Clause */
/* Topics that do not come back: ways to end, and one that does not. */
#include "guest.h"

#define MARK 0x6f6c642064617461

/* Reboots for ever, and looks whether memory is new each time. */
void topic_reboot(void)
{
	uint64_t first = 0;

	/* The lower half holds our image; the upper begins with scratch, where main.c has written. */
	for (uint64_t at = machine.ram_size / 2 + SCRATCH_SIZE; at < machine.ram_size;
	     at += 0x10000) {
		volatile uint64_t *p = (volatile uint64_t *)(uintptr_t)at;

		if (*p && !first)
			first = at;
		*p = MARK;
	}
	if (first)
		say("reboot: memory is not new: 0x%x\n", first);
	else
		say("reboot: memory is new\n");
	if (machine.asks)
		wait_for_input();
	rtas("system-reboot", 0, 1, NULL);
	say("reboot: it returned\n");
}

void topic_spin(void)
{
	say("spin: ready\n");
	for (;;)
		__asm__ volatile("or 31,31,31"); /* low priority */
}

void topic_panic(void)
{
	static const char text[] = "the guest's last\nwords\x1b[31m";
	uint32_t args[1];

	memcpy(machine.scratch, text, sizeof(text));
	args[0] = (uint32_t)(uintptr_t)machine.scratch;
	say("panic: os-term returned %d\n", (int64_t)rtas("ibm,os-term", 1, 1, args));
}
