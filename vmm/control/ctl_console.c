/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm ctl SOCKET console`: standard input and output become a reader of the guest's console. */
#include "vmm/control/ctl_console.h"

#include "vmm/base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE 1 /* Ctrl-a */

struct talk {
	int fd; /* to the guest */
	bool tty;
	struct termios before; /* of the terminal */
	sigset_t others;       /* signals that are held back while nobody waits */
	bool in_open, escaped;
	char keys[512]; /* typed, and not sent yet */
	size_t len;
};

static volatile sig_atomic_t the_end; /* a signal has no other way */

static void on_end(int sig)
{
	the_end = sig;
}

/* One that comes between a look at the_end and the wait is not lost. */
static void hold_signals(struct talk *t)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction sa = { .sa_handler = on_end };
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		sigaddset(&held, ends[i]);
		sigaction(ends[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &held, &t->others);
}

static void make_raw(struct talk *t)
{
	struct termios raw;

	t->tty = tcgetattr(0, &t->before) == 0;
	if (!t->tty)
		return;
	log_info("this is the guest's console: Ctrl-a d leaves, Ctrl-a Ctrl-a sends one");
	raw = t->before;
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
}

/* Takes commands out of what was typed. True: leave. */
static bool find_commands(struct talk *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char key = t->keys[i];

		if (t->escaped && key == 'd')
			return true;
		if (!t->escaped && key == ESCAPE) {
			t->escaped = true;
			continue;
		}
		if (!t->escaped || key == ESCAPE)
			t->keys[t->len++] = key;
		t->escaped = false;
	}
	return false;
}

/* True: leave. */
static bool take_keys(struct talk *t)
{
	ssize_t n = read(0, t->keys, sizeof(t->keys));

	if (n > 0 && t->tty)
		return find_commands(t, (size_t)n);
	if (n > 0)
		t->len = (size_t)n;
	else if (n == 0 || errno != EINTR)
		t->in_open = false;
	if (!t->in_open)
		shutdown(t->fd, SHUT_WR);
	return !t->in_open && t->tty;
}

/* False: there is nobody to send to. */
static bool send_keys(struct talk *t)
{
	ssize_t n = send(t->fd, t->keys, t->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	t->len -= (size_t)n;
	memmove(t->keys, t->keys + n, t->len);
	return true;
}

/* False: one of both ends is gone. */
static bool show(struct talk *t)
{
	char text[4096];
	ssize_t n = recv(t->fd, text, sizeof(text), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	for (ssize_t at = 0, w; at < n; at += w) {
		w = write(1, text + at, (size_t)(n - at));
		if (w < 0 && errno != EINTR)
			return false;
		w = w < 0 ? 0 : w;
	}
	return n > 0;
}

static void talk(struct talk *t)
{
	bool goes_on = true;

	while (goes_on && !the_end) {
		struct pollfd p[] = {
			{ .fd = t->in_open && !t->len ? 0 : -1, .events = POLLIN },
			{ .fd = t->fd, .events = (short)(t->len ? POLLIN | POLLOUT : POLLIN) },
		};

		if (ppoll(p, ARRAY_LEN(p), NULL, &t->others) < 0)
			continue;
		if (p[1].revents & ~POLLOUT)
			goes_on = show(t);
		if (goes_on && p[0].revents)
			goes_on = !take_keys(t);
		if (goes_on && t->len)
			goes_on = send_keys(t);
	}
}

void ctl_console_talk(int fd)
{
	struct talk t = { .fd = fd, .in_open = true };

	hold_signals(&t);
	make_raw(&t);
	talk(&t);
	if (t.tty)
		tcsetattr(0, TCSANOW, &t.before);
	sigprocmask(SIG_SETMASK, &t.others, NULL);
}

bool ctl_console_how(const char *word, const char **body)
{
	*body = "";
	if (word && strcmp(word, "--read-only") == 0)
		*body = "{\"read_only\":true}";
	else if (word && strcmp(word, "--steal") == 0)
		*body = "{\"steal\":true}";
	else if (word)
		log_error("console: %.60s: it takes --read-only or --steal", word);
	return !word || **body;
}
