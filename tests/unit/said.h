/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

/*
 * What the program says, caught: said_catch() takes the log from then on, said() asks whether a
 * line holds a text. Lines are counted, and kept until said_forget(); threads may log at the same
 * time. Here are the casts, too, that Criterion's eq(str, ...) and eq(ptr, ...) want of what is const.
 */

#include "vmm/base/log.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct said_log {
	pthread_mutex_t lock;
	enum log_level least; /* lines of less weight are not taken */
	char text[65536];     /* all lines, each with a newline, while there is room */
	char last[1200];      /* the newest */
	int lines, errors;    /* errors are lines of that level */
} said_log_ = { .lock = PTHREAD_MUTEX_INITIALIZER, .least = LOG_DEBUG };

static inline void said_forget(void)
{
	said_log_.text[0] = said_log_.last[0] = '\0';
	said_log_.lines = said_log_.errors = 0;
}

static inline void said_sink(enum log_level level, const char *line)
{
	struct said_log *s = &said_log_;
	size_t n;

	if (level > s->least)
		return;
	pthread_mutex_lock(&s->lock);
	n = strlen(s->text);
	if (n + strlen(line) + 2 <= sizeof(s->text))
		snprintf(s->text + n, sizeof(s->text) - n, "%s\n", line);
	snprintf(s->last, sizeof(s->last), "%s", line);
	s->lines++;
	s->errors += level == LOG_ERROR;
	pthread_mutex_unlock(&s->lock);
}

/* Catch lines of @least and of more weight, and no others. */
static inline void said_catch(enum log_level least)
{
	said_log_.least = least;
	said_forget();
	log_set_sink(said_sink);
}

static inline char *said_all(void)
{
	return said_log_.text;
}

static inline char *said_last(void)
{
	return said_log_.last;
}

static inline int said_lines(void)
{
	return said_log_.lines;
}

static inline int said_errors(void)
{
	return said_log_.errors;
}

static inline bool said(const char *text)
{
	return strstr(said_log_.text, text) != NULL;
}

/* How often a text is in the lines. */
static inline int said_times(const char *text)
{
	int n = 0;

	for (const char *p = said_log_.text; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static inline char *chars(const char *s)
{
	return (char *)(uintptr_t)s;
}

static inline void *pointer(const void *p)
{
	return (void *)(uintptr_t)p;
}

#endif
