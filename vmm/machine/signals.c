/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first signal asks (stop.c). The second pulls the plug, and gives the program so long to end in
 * order; then it ends by force, as SIGKILL would end it, but with the terminal restored and a word
 * about what was not waited for. Passed-through devices stay with vfio-pci in that case: giving one
 * back waits for its reset. (machine_destroy() closes them before the disks, so that no stuck disk
 * keeps them.)
 */
#define LOG_PREFIX "machine"
#include "vmm/machine/signals.h"

#include "devices/backend/chardev/chardev.h"
#include "vmm/base/caretaker.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/base/thread.h"
#include "vmm/machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FORCE_NS 500000000L /* from the second signal on */
#define STACK_SIZE (64 * KiB)
#define CONFINE_SIGNAL SIGURG /* of us to the thread; ignored by default, should others send it */

static atomic_uint the_ends;     /* signals so far */
static atomic_bool the_rotation; /* SIGHUP came */
/* Set before the thread is there, then constant, as is the thread. */
static sigset_t the_end_signals;
static pthread_t the_thread;
static bool the_watch; /* the thread is there */
static bool the_hangup_rotates;
static sem_t the_confined; /* up: the thread has tried, with this result */
static int the_result;

static pthread_mutex_t the_lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct stop *the_stop;                                /* while the machine lives */
static char the_wait[40] = "the start";

static void end_by_force(void)
{
	const struct timespec soon = { .tv_nsec = FORCE_NS };

	nanosleep(&soon, NULL);
	caretaker_do_rest_later();
	chardev_restore_terminal();
	pthread_mutex_lock(&the_lock);
	if (log_has_room()) /* else the word would be waited for */
		log_warn("ended by force, without waiting for %s: what the guest has not flushed "
			 "may be lost",
			 the_wait);
	_exit(STATUS_OFF);
}

static void rotate(void)
{
	the_rotation = true;
	pthread_mutex_lock(&the_lock);
	if (the_stop)
		loop_wake(the_stop->loop);
	pthread_mutex_unlock(&the_lock);
}

static void *watch(void *arg)
{
	(void)arg;
	for (;;) {
		int sig;

		if (sigwait(&the_end_signals, &sig) != 0)
			continue;
		if (sig == CONFINE_SIGNAL) {
			the_result = thread_enter(THREAD_SIGNALS, THREAD_NO_NUMBER);
			sem_post(&the_confined);
			continue;
		}
		if (sig == SIGHUP && the_hangup_rotates) {
			rotate();
			continue;
		}
		the_ends++;
		pthread_mutex_lock(&the_lock);
		if (the_stop)
			stop_ask_off(the_stop);
		pthread_mutex_unlock(&the_lock);
		if (the_ends >= 2)
			end_by_force();
	}
	return NULL;
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

/* One that hangs up: that of our session, wherever standard input and output lead. */
static bool has_terminal(void)
{
	int fd = sys_open("/dev/tty", O_RDONLY | O_NOCTTY, 0);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

/* The kernel drops ignored signals, and a shell starts background jobs with SIGINT ignored. */
static void choose_end_signals(void)
{
	struct sigaction hup;

	sigemptyset(&the_end_signals);
	sigaddset(&the_end_signals, SIGTERM);
	sigaddset(&the_end_signals, SIGINT);
	sigaddset(&the_end_signals, CONFINE_SIGNAL);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN) /* nohup stays so */
		sigaddset(&the_end_signals, SIGHUP);
	the_hangup_rotates = getenv("NOTIFY_SOCKET") || !has_terminal();
	pthread_sigmask(SIG_BLOCK, &the_end_signals, NULL);
	handle(SIGTERM, SIG_DFL, 0);
	handle(SIGINT, SIG_DFL, 0);
}

/*
 * The thread takes no other signal: the terminal's handlers run on the threads that use the
 * terminal.
 */
static int start_thread(void)
{
	const struct thread_spec spec = {
		.kind = THREAD_SIGNALS, .number = THREAD_NO_NUMBER, .stack = STACK_SIZE, .fn = watch
	};
	int r;

	sem_init(&the_confined, 0, 0);
	r = thread_start(&the_thread, &spec);
	if (r == 0)
		pthread_detach(the_thread);
	the_watch = r == 0;
	return r;
}

int signals_confine(void)
{
	if (!the_watch)
		return 0;
	pthread_kill(the_thread, CONFINE_SIGNAL);
	while (sem_wait(&the_confined) < 0)
		; /* a signal */
	return the_result;
}

int signals_catch(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGSYS };

	handle(SIGPIPE, SIG_IGN, 0);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		handle(fatal[i], on_fatal, SA_RESETHAND | SA_NODEFER);
	choose_end_signals();
	return start_thread();
}

void signals_set_stop(struct stop *stop)
{
	pthread_mutex_lock(&the_lock);
	the_stop = stop;
	pthread_mutex_unlock(&the_lock);
}

bool signals_end_came(void)
{
	return the_ends > 0;
}

bool signals_rotation_came(void)
{
	return atomic_exchange(&the_rotation, false);
}

void signals_waiting_for(const char *what)
{
	pthread_mutex_lock(&the_lock);
	snprintf(the_wait, sizeof(the_wait), "%s", what);
	pthread_mutex_unlock(&the_lock);
}
