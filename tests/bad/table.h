/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BAD_TABLE_H
#define TESTS_BAD_TABLE_H

/*
 * The file tests/bad/table, whose head says what it holds: cases, each of lines, each of a kind.
 *
 *	table.c  cases and lines             files.c  what a case has in its folder
 *	host.c   what its host is like       test_bad.c  each is done, and must end as it says
 */

#include <stdbool.h>
#include <stddef.h>

struct bad_case {
	char name[64];
	int status;        /* the program's */
	unsigned int line; /* of the table, where it begins */
	const char *at;    /* its next line; NULL: the whole is malformed */
};

/* A line of a case, as it is meant. */
struct bad_line {
	char kind;  /* '|', '+', '$', '@' or '>' */
	char *text; /* @len bytes and a NUL; the caller frees it */
	size_t len;
	bool open; /* no newline follows */
};

unsigned int bad_count(void);

/* Case @n, from 0. Aborts, and says where, when the table is not as its head says. */
void bad_find(unsigned int n, struct bad_case *c);

/* The next line of @c; false: there is none. */
bool bad_next(struct bad_case *c, struct bad_line *l);

/* The folder of a case, in which it runs; DIR in the table. */
extern const char *bad_dir;

/* "vmlinux tiny 4:01": makes a file, or changes it. Cuts @text into words. */
void bad_file(char *text);

/* "memlock 64MiB": the host is so. Cuts @text into words. False: there is no such word. */
bool bad_host(char *text);

#endif
