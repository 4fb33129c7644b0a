/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first signal asks (ask.c). The second pulls the plug, and gives the program so long to end in
 * order; then it ends by force, as SIGKILL would end it, but with the terminal restored and a word
 * about what was not waited for. Passed-through devices stay with vfio-pci in that case: giving one
 * back waits for its reset. (They come before the disks in machine_destroy(), so that no disk that
 * is stuck keeps them.)
 */
#define LOG_PREFIX "machine"
#include "vmm/signals.h"

#include "devices/chardev.h"
#include "vmm/base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#define FORCE_US 600000 /* from the second signal on */

static _Atomic(struct machine *) the_machine; /* while it runs */
static atomic_uint the_ends;                  /* signals so far */
static char the_wait[32] = "the start";       /* ends with 0 at any time */

/* The log takes neither lock nor memory for plain strings. */
static void on_force(int sig)
{
	(void)sig;
	chardev_restore_terminal();
	log_warn("ended by force, without waiting for %s: what the guest has not flushed may be "
		 "lost",
		 the_wait);
	_exit(STATUS_OFF);
}

static void on_end(int sig)
{
	const struct itimerval soon = { .it_value.tv_usec = FORCE_US };
	struct machine *m = the_machine;
	int saved = errno;

	(void)sig;
	if (++the_ends == 2)
		setitimer(ITIMER_REAL, &soon, NULL);
	if (m)
		machine_ask_off(m);
	errno = saved;
}

/* SA_RESETHAND put the default action back: raising it again ends us as the signal would have. */
static void on_fatal(int sig)
{
	chardev_restore_terminal();
	raise(sig);
}

static void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

void signals_catch(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGSYS };
	struct sigaction hup;

	handle(SIGALRM, on_force, 0);
	handle(SIGTERM, on_end, SA_RESTART);
	handle(SIGINT, on_end, SA_RESTART);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN) /* nohup stays so */
		handle(SIGHUP, on_end, SA_RESTART);
	handle(SIGPIPE, SIG_IGN, 0);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		handle(fatal[i], on_fatal, SA_RESETHAND | SA_NODEFER);
}

void signals_set_machine(struct machine *m)
{
	the_machine = m;
}

bool signals_end_came(void)
{
	return the_ends > 0;
}

void signals_waiting_for(const char *what)
{
	snprintf(the_wait, sizeof(the_wait) - 1, "%s", what);
}
