/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONF_CONF_H
#define VMM_CONF_CONF_H

/*
 * Configuration: a TOML file, plus --set overrides, into the fields of a C struct, by key tables.
 *
 * The owner of a struct describes it with rows (struct conf_key), one per field, and a section with
 * one more (struct conf_section). The parser, its messages, --print-config and --help all read
 * those rows, and nothing else names a key.
 *
 *	conf_open(&c, "guest.toml");
 *	conf_set(&c, "machine.memory=4GiB");
 *	conf_read(&c, sections, &options);
 *	if (options.vcpus > 8)
 *		conf_error(&c, conf_at_value(conf_find(&c, "machine", 0, "vcpus")), "at most 8");
 *	r = conf_report(&c);
 *	conf_close(&c);
 *
 * Nothing fails half-way: every step notes what is wrong, and conf_report() logs it all, sorted by
 * place, a line each: "guest.toml:14:9: machine.memroy: unknown key, did you mean "memory"?".
 *
 * Files: conf.c (open, find, paths), conf_read.c (tables), conf_value.c (one value), conf_size.c
 * (sizes as text), conf_set.c (overrides), conf_error.c (messages), conf_print.c, conf_help.c.
 */

#include "vmm/base/types.h"

#include <stdio.h>

struct conf;
struct conf_value;
struct toml_node;

enum conf_type {
	CONF_BOOL,   /* bool */
	CONF_UINT,   /* uint64_t */
	CONF_SIZE,   /* uint64_t in bytes: an integer, or "512MiB", "2G", ... */
	CONF_ENUM,   /* int, or a C enum: the position in @choices */
	CONF_STRING, /* char *, owned by the struct; NULL when it is not given */
	CONF_PATH,   /* the same, absolute: a relative one starts at the file's folder */
	/*
	 * char ** and, at @count_offset, its size_t: an array of strings; or, with @numbers, of
	 * integers and arrays of integers, as "8" and "8,9"
	 */
	CONF_LIST,
};

/* A word that a CONF_SIZE also takes. */
struct conf_word {
	const char *name; /* NULL ends the list */
	uint64_t value;
};

struct conf_key {
	const char *name; /* NULL ends the table */
	enum conf_type type;
	uint32_t offset;        /* of the field, in bytes */
	uint32_t count_offset;  /* CONF_LIST */
	uint32_t max_len;       /* CONF_STRING: bytes; 0: any */
	uint32_t multiple;      /* CONF_UINT and CONF_SIZE: of this; 0: any */
	bool power_of_2;        /* CONF_UINT and CONF_SIZE */
	bool numbers;           /* CONF_LIST */
	bool required;          /* else zero or NULL when there is no @def */
	const char *or_section; /* not required where there is such a [[section]]; or NULL */
	const char *or_key;     /* nor where its own section has this key; or NULL */
	const char *
		not_section; /* where there is such a [[section]], @not_why is said, too; or NULL */
	const char *not_why; /* why that one will not do instead */
	const char *def;     /* the default, spelled as after --set; NULL: none */
	uint64_t min, max;   /* CONF_UINT, CONF_SIZE, @numbers: range; max 0: any */
	const char *const *choices; /* CONF_ENUM, ends with NULL */
	const struct conf_word *words;
	/*
	 * CONF_STRING, CONF_PATH, and each string of a CONF_LIST: judge v->text, or replace it by a
	 * better spelling (it is malloc'ed). Return 0, or conf_why(v, ...).
	 */
	int (*check)(struct conf_value *v);
	const char *form; /* CONF_STRING and CONF_LIST: what --help says of the value */
	const char *help;
};

struct conf_section {
	const char *name; /* NULL ends the list */
	const struct conf_key *keys;
	/* Of the section's struct; with @array or @optional, of a pointer to an array of them. */
	size_t offset;
	bool array;          /* [[name]]: any number of tables */
	bool optional;       /* [name]: nothing, or one; kept as an array of so many */
	size_t count_offset; /* with these two: of the size_t that counts its elements */
	size_t size;         /* likewise: of an element, in bytes */
	const char *help;
};

/* Where a message points to. */
struct conf_at {
	unsigned int line, column; /* 0: the whole file */
	const char *set;           /* the KEY=VALUE of a --set instead of a place in the file */
};

struct conf_message {
	struct conf_at at;
	char *text;
};

#define CONF_MAX_MESSAGES 20

struct conf {
	const char *name; /* the file as the user names it; borrowed */
	char *folder;     /* absolute, without a final '/'; "" is the root */
	char *cwd;        /* the same of the process: paths of a --set start here */
	struct toml_node *root;
	struct conf_message messages[CONF_MAX_MESSAGES];
	size_t nmessages; /* counted on beyond the array */
	bool no_memory;
};

/* A string on its way into a field, for conf_key.check. */
struct conf_value {
	const struct conf *conf;
	const struct conf_key *key;
	const struct toml_node *node;
	char *text;
	char why[256];
};

/**
 * conf_open - read and parse a file
 * @path: borrowed until conf_close()
 * Return 0; or -errno, and then conf_report() is the only thing left to do but conf_close().
 */
int conf_open(struct conf *c, const char *path);

/* The same from memory. @name stands for the path, in messages and for its folder. */
int conf_open_text(struct conf *c, const char *name, const char *text, size_t len);

/*
 * Apply "dotted.path=VALUE"; @assignment is borrowed until conf_close(). Without VALUE a CONF_PATH that
 * need not be there is unset.
 */
void conf_set(struct conf *c, const char *assignment);

/**
 * conf_read - fill a struct by its tables
 * @sections: what the file may hold; ends with { 0 }
 * @object:   zeroed by the caller; conf_release() frees what this allocates, also after errors.
 *            A field whose value is wrong stays zero.
 */
void conf_read(struct conf *c, const struct conf_section *sections, void *object);
void conf_release(const struct conf_section *sections, void *object);

/* The structs of a section in @object: *@n of them, s->size apart; one where it is not counted. */
char *conf_elements(const struct conf_section *s, const void *object, size_t *n);

/**
 * conf_report - log what was found wrong
 * Return 0 nothing; -EINVAL the messages are out; -ENOMEM.
 */
int conf_report(struct conf *c);
void conf_close(struct conf *c);

/* The node of a key that the user gave, NULL: its default stands. @index is 0 without [[ ]]. */
const struct toml_node *conf_find(const struct conf *c, const char *section, size_t index,
				  const char *key);
/* NULL: the whole file. */
struct conf_at conf_at_key(const struct toml_node *node);
struct conf_at conf_at_value(const struct toml_node *node);
void conf_error(struct conf *c, struct conf_at at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* For conf_key.check: say why the value is wrong; returns -EINVAL. */
int conf_why(struct conf_value *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* @path made absolute as the file or the --set of @v means it, malloc'ed; NULL: no memory. */
char *conf_resolve(const struct conf_value *v, const char *path);

/* A conf_key.check for CONF_PATH: there is such a file, it can be read, and it is no directory. */
int conf_check_file(struct conf_value *v);

/* The struct as TOML that conf_read() turns into the same struct. Look at ferror(@out) after it. */
void conf_print(const struct conf_section *sections, const void *object, FILE *out);

/* Every key of the tables: form, default, meaning. */
void conf_help(const struct conf_section *sections, FILE *out);

/* "2GiB", "96KiB", "17": the largest unit that divides @bytes. */
struct conf_size_text {
	char text[24];
};
struct conf_size_text conf_size_text(uint64_t bytes);

/* Decimal bytes with an optional unit. Return 0; -EINVAL not a size; -ERANGE above 64 bits. */
int conf_size_parse(const char *text, uint64_t *bytes);

#endif
