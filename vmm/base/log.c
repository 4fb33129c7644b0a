/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/log.h"

#include "vmm/base/named_file.h"
#include "vmm/base/types.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* State outside an object: a log belongs to the process. */
static struct named_file the_file;
static struct {
	_Atomic int level;
	_Atomic int fd;
	_Atomic bool crlf; /* where the log is a terminal's */
	_Atomic bool tty;  /* it is; not asked for each line, as few threads may ask */
	_Atomic(const struct log_diversion *) diversion;
	void (*sink)(enum log_level level, const char *line); /* set by tests, single-threaded */
} the_log = { .level = LOG_INFO, .fd = 2 };

void log_set_level(enum log_level level)
{
	the_log.level = (int)level;
}

enum log_level log_get_level(void)
{
	return (enum log_level)the_log.level;
}

void log_set_fd(int fd)
{
	the_log.fd = fd;
	the_log.tty = isatty(fd);
}

int log_get_fd(void)
{
	return the_log.fd;
}

bool log_has_room(void)
{
	struct pollfd p = { .fd = the_log.fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

int log_open(const char *path)
{
	int r = named_file_open(&the_file, path, 0, 0644);

	if (r == 0)
		log_set_fd(the_file.fd);
	return r;
}

void log_close(void)
{
	if (!the_file.name)
		return;
	log_set_fd(2);
	named_file_close(&the_file);
}

/* The descriptor's number stays, so that other threads need not know. */
void log_rotate(void)
{
	int r = the_file.name ? named_file_reopen(&the_file) : 0;

	if (r < 0)
		log_warn("the log file cannot be opened anew: %s: it goes on in the old one",
			 strerror(-r));
}

void log_set_sink(void (*sink)(enum log_level level, const char *line))
{
	the_log.sink = sink;
}

void log_divert(const struct log_diversion *to)
{
	the_log.diversion = to;
}

void log_set_crlf(bool on)
{
	if (on)
		the_log.tty = isatty(the_log.fd);
	the_log.crlf = on;
}

/* Text from a guest may hold anything: a log line stays one printable line (UTF-8 passes). */
static void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

void log_msg(enum log_level level, const char *prefix, const char *fmt, ...)
{
	static const char *const names[] = { "", "warning: ", "info: ", "debug: " };
	const struct log_diversion *to = level <= LOG_WARN ? the_log.diversion : NULL;
	char line[1024];
	va_list ap;
	int n;

	if ((int)level > the_log.level && !to)
		return;
	n = snprintf(line, sizeof(line) - 2, "%s%s%s", to ? "" : names[level], prefix,
		     *prefix ? ": " : "");
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - 2 - (size_t)n, fmt, ap);
	va_end(ap);
	make_printable(line);
	if (to) {
		to->fn(to->ctx, level, line);
		return;
	}
	if (the_log.sink) {
		the_log.sink(level, line);
		return;
	}
	strcat(line, the_log.crlf && the_log.tty ? "\r\n" : "\n");
	if (write(the_log.fd, line, strlen(line)) < 0)
		return; /* nobody is left to be told */
}
