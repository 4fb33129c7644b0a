/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * toml++ behind a C header. Lean on purpose: from_chars in place of string streams keeps
 * libstdc++'s locales and iostreams (400 KB, and a third of the start-up instructions) out of the
 * program.
 */
#include "vmm/conf/toml.h"

#include "vmm/conf/toml_ascii.h"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#define TOML_INT_CHARCONV 1
#define TOML_FLOAT_CHARCONV 1
#define TOML_ASSERT(expr) static_cast<void>(0)

#include <toml++/toml.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{

/* What one conversion carries: the first failure, and where it was. */
struct conversion {
	int status;
	toml_error *err;
};

void fail(conversion &c, const toml::source_region &at, const char *text)
{
	if (c.status)
		return;
	c.status = -EINVAL;
	c.err->line = at.begin.line;
	c.err->column = at.begin.column;
	std::snprintf(c.err->text, sizeof(c.err->text), "%s", text);
}

/* A C string ends at a NUL: with one inside, "a\u0000b" would read as "a". */
char *copy_text(conversion &c, const toml::source_region &at, std::string_view s)
{
	if (s.find('\0') != std::string_view::npos) {
		fail(c, at, "a NUL character has no place in a string or key");
		return nullptr;
	}
	char *copy = static_cast<char *>(std::malloc(s.size() + 1));
	if (!copy) {
		c.status = -ENOMEM;
		return nullptr;
	}
	std::memcpy(copy, s.data(), s.size());
	copy[s.size()] = '\0';
	return copy;
}

toml_node *convert(conversion &c, const toml::node &from, const toml::key *key);

void convert_scalar(conversion &c, toml_node *to, const toml::node &from)
{
	if (auto s = from.as_string()) {
		to->type = TOML_STRING;
		to->string = copy_text(c, from.source(), s->get());
	} else if (auto i = from.as_integer()) {
		to->type = TOML_INT;
		to->integer = i->get();
	} else if (auto b = from.as_boolean()) {
		to->type = TOML_BOOL;
		to->boolean = b->get();
	} else {
		to->type = from.is_floating_point() ? TOML_FLOAT : TOML_DATE;
	}
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than toml_parse() lets a text be */
void convert_children(conversion &c, toml_node *to, const toml::node &from)
{
	if (auto table = from.as_table()) {
		to->type = TOML_TABLE;
		for (auto &&[key, value] : *table)
			if (auto child = convert(c, value, &key))
				toml_append(to, child);
	} else if (auto array = from.as_array()) {
		to->type = TOML_ARRAY;
		for (auto &value : *array)
			if (auto child = convert(c, value, nullptr))
				toml_append(to, child);
	} else {
		convert_scalar(c, to, from);
	}
}

/* NULL once anything failed; what was built by then hangs in the tree and is freed with it. */
/* NOLINTNEXTLINE(misc-no-recursion): as above */
toml_node *convert(conversion &c, const toml::node &from, const toml::key *key)
{
	if (c.status)
		return nullptr;
	toml_node *to = toml_new(TOML_TABLE, nullptr);
	if (!to) {
		c.status = -ENOMEM;
		return nullptr;
	}
	to->line = from.source().begin.line;
	to->column = from.source().begin.column;
	if (key) {
		to->key_line = key->source().begin.line;
		to->key_column = key->source().begin.column;
		to->key = copy_text(c, key->source(), key->str());
	}
	if (!c.status)
		convert_children(c, to, from);
	if (!c.status)
		return to;
	toml_free(to);
	return nullptr;
}

/*
 * Every dot may open a table in the one before, and toml++ recurses into tables without a limit of
 * its own. Dots in strings and comments count too: no configuration of ours comes near the limit.
 */
bool too_deep(std::string_view text)
{
	size_t dots = 0;

	for (size_t i = 1; i < text.size(); i++)
		dots += text[i] == '.' && text[i - 1] != '.';
	return dots > 4096;
}

} // namespace

#ifndef __clang__ /* which has no such attribute, nor -fwhole-program */
[[gnu::externally_visible]]
#endif
int toml_parse(toml_node **root, const char *text, size_t len, toml_error *err)
{
	conversion c = { 0, err };

	*root = nullptr;
	toml::source_position odd = {};
	if (!toml_ascii_check(text, len, &odd.line, &odd.column)) {
		fail(c, { odd, odd, nullptr },
		     "a character that is not ASCII has its place in strings and comments only");
		return c.status;
	}
	if (too_deep(std::string_view(text, len))) {
		fail(c, toml::source_region(), "more than 4096 dots: the keys nest too deep");
		return c.status;
	}
	toml::parse_result result = toml::parse(std::string_view(text, len));
	if (!result) {
		fail(c, result.error().source(), "");
		std::snprintf(err->text, sizeof(err->text), "%.*s",
			      static_cast<int>(result.error().description().size()),
			      result.error().description().data());
		/* "Error while parsing", "Encountered": in the middle of a line. */
		if (err->text[0] == 'E')
			err->text[0] = 'e';
		return c.status;
	}
	*root = convert(c, result.table(), nullptr);
	return c.status;
}
