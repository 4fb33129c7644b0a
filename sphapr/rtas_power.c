/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ends of a partition. The calls return: the run loop stops the vCPUs when it sees the request.
 * Source: LoPAR 2.8 "power-off", "system-reboot", "ibm,os-term".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define OS_TERM_MAX 255 /* bytes of the text that we keep; longer ones are cut */

/* The arguments are masks of what may power the machine on again: nothing does. */
static int32_t power_off(struct spapr *sp, struct rtas_call *c)
{
	(void)c;
	sp->plat.request_stop(sp->plat.ctx, STOP_OFF, NULL);
	return RTAS_OK;
}

static int32_t system_reboot(struct spapr *sp, struct rtas_call *c)
{
	(void)c;
	sp->plat.request_stop(sp->plat.ctx, STOP_REBOOT, NULL);
	return RTAS_OK;
}

/* Reads byte by byte, since the string may end right before memory does. -1: no byte is readable. */
static int read_text(const struct spapr *sp, gpa_t gpa, char *text)
{
	size_t len = 0;
	char ch;

	if (!gmem_contains(sp->mem, gpa, 1))
		return -1;
	while (len < OS_TERM_MAX && gmem_read(sp->mem, gpa + len, &ch, 1) == 0 && ch != '\0')
		/* The text will be printed on somebody's terminal: no escape sequences. */
		text[len++] = (char)(ch >= ' ' && ch <= '~'     ? ch
				     : ch == '\n' || ch == '\t' ? ' '
								: '?');
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return 0;
}

#define LINUX_PANIC "Kernel panic - not syncing: "

/*
 * Linux 6.3 and later mean to pass the text but pass address 0 (rtas_call_unlocked() has one
 * argument less than they think). The text was said on the console just before.
 */
static bool said_on_console(const struct spapr *sp, char *text)
{
	return vty_find_said(&sp->vty, LINUX_PANIC, text, OS_TERM_MAX + 1);
}

/* Always returns ("ibm,extended-os-term"): Linux then goes on with its own idea of a panic. */
static int32_t ibm_os_term(struct spapr *sp, struct rtas_call *c)
{
	char text[OS_TERM_MAX + 1];

	if (read_text(sp, c->args[0], text) < 0)
		return RTAS_PARAMETER;
	if (c->args[0] == 0)
		said_on_console(sp, text);
	sp->plat.request_stop(sp->plat.ctx, STOP_CRASH, text);
	return RTAS_OK;
}

const struct rtas_desc rtas_power[] = {
	{ "power-off", 2, 1, 1, power_off },
	{ "system-reboot", 0, 1, 1, system_reboot },
	{ "ibm,os-term", 1, 1, 1, ibm_os_term },
	{ 0 },
};
