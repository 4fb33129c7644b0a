/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong in a configuration: notes with their places, logged at the end in the order of the
 * places.
 */
#include "vmm/base/log.h"
#include "vmm/conf/conf_private.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct conf_at conf_at_key(const struct toml_node *node)
{
	if (!node)
		return (struct conf_at){ 0 };
	if (!node->key_line) /* an element of an array, or the root */
		return conf_at_value(node);
	return (struct conf_at){ node->key_line, node->key_column, node->set };
}

struct conf_at conf_at_value(const struct toml_node *node)
{
	if (!node)
		return (struct conf_at){ 0 };
	return (struct conf_at){ node->line, node->column, node->set };
}

void conf_error(struct conf *c, struct conf_at at, const char *fmt, ...)
{
	char text[768];
	char *copy;
	va_list ap;

	if (c->nmessages >= CONF_MAX_MESSAGES) {
		c->nmessages++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	copy = strdup(text);
	if (!copy) {
		c->no_memory = true;
		return;
	}
	c->messages[c->nmessages++] = (struct conf_message){ .at = at, .text = copy };
}

int conf_why(struct conf_value *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Places in the file in their order, then the file as a whole, then the command line. */
static bool comes_after(const struct conf_at *a, const struct conf_at *b)
{
	if (!a->set != !b->set)
		return a->set != NULL;
	if (a->set)
		return false;
	if (a->line != b->line)
		return a->line - 1 > b->line - 1; /* 0 becomes the largest */
	return a->column > b->column;
}

/* By insertion: stable, and never more than CONF_MAX_MESSAGES. */
static void sort_messages(struct conf_message *m, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = i; j && comes_after(&m[j - 1].at, &m[j].at); j--) {
			struct conf_message swap = m[j];

			m[j] = m[j - 1];
			m[j - 1] = swap;
		}
	}
}

static void log_message(const struct conf *c, const struct conf_message *m)
{
	if (m->at.set)
		log_error("--set %.160s: %s", m->at.set, m->text);
	else if (m->at.line)
		log_error("%.256s:%u:%u: %s", c->name, m->at.line, m->at.column, m->text);
	else
		log_error("%.256s: %s", c->name, m->text);
}

int conf_report(struct conf *c)
{
	size_t n = c->nmessages < CONF_MAX_MESSAGES ? c->nmessages : CONF_MAX_MESSAGES;

	sort_messages(c->messages, n);
	for (size_t i = 0; i < n; i++)
		log_message(c, &c->messages[i]);
	if (c->nmessages > n)
		log_error("%.256s: errors not shown: %zu", c->name, c->nmessages - n);
	if (c->no_memory) {
		log_error("%.256s: out of memory", c->name);
		return -ENOMEM;
	}
	return c->nmessages ? -EINVAL : 0;
}
