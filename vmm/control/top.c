/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/top.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/control/client.h"
#include "vmm/control/top_draw.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define SECOND_MS 1000
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

static volatile sig_atomic_t the_end; /* a signal has no other way */
static volatile sig_atomic_t the_fd;

/* A look at a server that does not answer ends as well. */
static void on_end(int sig)
{
	the_end = sig;
	shutdown(the_fd, SHUT_RDWR);
}

static void on_size(int sig)
{
	(void)sig; /* it only ends the wait */
}

static void handle(int sig, void (*handler)(int))
{
	const struct sigaction sa = { .sa_handler = handler };

	sigaction(sig, &sa, NULL);
}

/* ---- the terminal ---- */

struct screen {
	bool keys; /* standard input is a terminal, and gives each key at once */
	struct termios before;
};

static void screen_open(struct screen *s)
{
	struct termios t;

	handle(SIGINT, on_end);
	handle(SIGTERM, on_end);
	handle(SIGHUP, on_end);
	handle(SIGWINCH, on_size);
	s->keys = tcgetattr(0, &s->before) == 0;
	t = s->before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (s->keys)
		tcsetattr(0, TCSANOW, &t);
	(void)!write(1, ENTER, sizeof(ENTER) - 1);
}

static void screen_close(const struct screen *s)
{
	(void)!write(1, LEAVE, sizeof(LEAVE) - 1);
	if (s->keys)
		tcsetattr(0, TCSANOW, &s->before);
}

static void screen_size(struct draw *d)
{
	struct winsize size = { 0 };

	d->columns = 80;
	d->lines = 24;
	if (sys_ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
		d->columns = size.ws_col;
		d->lines = size.ws_row;
	}
	d->lines -= d->lines > 1; /* for the last one */
}

static void screen_draw(struct draw *d, const struct sample *before, const struct sample *now)
{
	*d = (struct draw){ .end = "\033[K\r\n" };
	screen_size(d);
	draw_table(d, before, now);
	(void)!write(1, "\033[H", 3);
	(void)!write(1, d->text, d->len);
	(void)!write(1, "\033[Jq quit", 9);
}

/* True: the user has seen enough. */
static bool wait_for_key(const struct screen *s, int ms)
{
	struct pollfd p = { .fd = s->keys ? 0 : -1, .events = POLLIN };
	char key;

	if (poll(&p, 1, ms) > 0 && (read(0, &key, 1) != 1 || key == 'q' || key == 'Q'))
		return true;
	return the_end;
}

/* ---- looks ---- */

/* Too large for a stack. */
struct looks {
	struct sample samples[2];
	struct draw draw;
};

static void print_json(const struct looks *l)
{
	struct jtext j = { 0 };

	draw_json(&j, &l->samples[0], &l->samples[1]);
	if (jtext_finish(&j) == 0)
		fwrite(j.buf, 1, j.len, stdout);
	fputc('\n', stdout);
	jtext_free(&j);
}

static void print_table(struct looks *l)
{
	l->draw = (struct draw){ .end = "\n" };
	draw_table(&l->draw, &l->samples[0], &l->samples[1]);
	fwrite(l->draw.text, 1, l->draw.len, stdout);
}

static enum ctl_status show_once(struct looks *l, int fd, bool json)
{
	poll(NULL, 0, SECOND_MS);
	if (sample_take(&l->samples[1], fd) < 0)
		return CTL_NOBODY;
	if (json)
		print_json(l);
	else
		print_table(l);
	return CTL_DONE;
}

/* Until the user or the guest ends it. */
static void watch(struct looks *l, int fd)
{
	struct screen screen;
	int now = 0;

	the_fd = fd;
	screen_open(&screen);
	do {
		screen_draw(&l->draw, &l->samples[!now], &l->samples[now]);
		if (wait_for_key(&screen, SECOND_MS))
			break;
		now = !now;
	} while (sample_take(&l->samples[now], fd) == 0);
	screen_close(&screen);
}

enum ctl_status top(const char *path, bool once, bool json)
{
	enum ctl_status status = CTL_DONE;
	struct looks *l = calloc(1, sizeof(*l));
	int fd = l ? client_connect(path) : -ENOMEM;
	int r = fd < 0 ? fd : sample_take(&l->samples[0], fd);

	if (r < 0) {
		log_error("%.200s: %s: does the guest run, with this api.socket?", path,
			  strerror(-r));
		status = CTL_NOBODY;
	} else if (once || json || !isatty(1)) {
		status = show_once(l, fd, json);
	} else {
		l->samples[1] = l->samples[0];
		watch(l, fd);
	}
	if (fd >= 0)
		close(fd);
	free(l);
	return status;
}
