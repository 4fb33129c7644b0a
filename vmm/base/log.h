/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_LOG_H
#define VMM_BASE_LOG_H

/*
 * One sink, four levels, chosen by their reader: error = what you asked for did not happen;
 * warn = it happened differently; info = rare milestones; debug = for us.
 *
 * A file that logs defines LOG_PREFIX (the object it speaks for) before it includes this header;
 * "" means that the message names its object itself. An error is printed bare, as "object: cause:
 * remedy"; the other levels carry their name in front. One message is one line and one write().
 */

#include <stdatomic.h>
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#ifndef LOG_PREFIX
#define LOG_PREFIX ""
#endif

void log_msg(enum log_level level, const char *prefix, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_msg(LOG_ERROR, LOG_PREFIX, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_WARN, LOG_PREFIX, __VA_ARGS__)
#define log_info(...) log_msg(LOG_INFO, LOG_PREFIX, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, LOG_PREFIX, __VA_ARGS__)

/* The guest did something odd: said once for each site, so that a hostile guest cannot fill a disk. */
#define log_guest(...)                                                                             \
	do {                                                                                       \
		static atomic_flag said_ = ATOMIC_FLAG_INIT;                                       \
		if (!atomic_flag_test_and_set(&said_))                                             \
			log_msg(LOG_WARN, "guest", __VA_ARGS__);                                   \
	} while (0)

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Messages go to @fd from now on (borrowed; 2 until then). */
void log_set_fd(int fd);
int log_get_fd(void);

/* Is there room for a line where messages go? A pipe nobody reads has none, nor has a stopped terminal. */
bool log_has_room(void);

/*
 * Messages go to the file @path from now on, appended. 0 or -errno: they go where they went.
 * log_close() undoes it: they go to 2 again.
 */
int log_open(const char *path);
void log_close(void);

/* The file was moved away: the next message goes into a new one. On the I/O thread. */
void log_rotate(void);

/*
 * Warnings and errors go to @to->fn, bare, and not out, whatever the level is: @to is borrowed until NULL
 * ends it. Other threads may log at the same time.
 */
struct log_diversion {
	void (*fn)(void *ctx, enum log_level level, const char *line);
	void *ctx;
};

void log_divert(const struct log_diversion *to);

/* Tests take the finished line (without newline) instead; NULL restores the descriptor. */
void log_set_sink(void (*sink)(enum log_level level, const char *line));

/* While the terminal is raw a newline alone does not return the carriage: end lines with \r\n. */
void log_set_crlf(bool on);

#endif
