/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/options_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static void to_lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

/*
 * Match @s with @pattern, in which x is a hexadecimal digit and all else stands for itself. Return
 * what is left of @s, NULL when it does not begin so.
 */
static const char *match(const char *s, const char *pattern)
{
	for (; *pattern; pattern++, s++)
		if (*pattern == 'x' ? !isxdigit((unsigned char)*s) : *s != *pattern)
			return NULL;
	return s;
}

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* v->text is PREFIX:PATH; make PATH absolute. */
static int resolve_behind(struct conf_value *v, size_t prefix_len, size_t max_len)
{
	char *path, *text;
	size_t size;

	if (!v->text[prefix_len])
		return conf_why(v, "\"%s\" needs a path behind the colon", v->text);
	path = conf_resolve(v, v->text + prefix_len);
	if (!path)
		return -ENOMEM;
	if (strlen(path) >= max_len) {
		conf_why(v, "the path has %zu bytes, %zu fit a socket's name", strlen(path),
			 max_len - 1);
		free(path);
		return -EINVAL;
	}
	size = prefix_len + strlen(path) + 1;
	text = malloc(size);
	if (text)
		snprintf(text, size, "%.*s%s", (int)prefix_len, v->text, path);
	free(path);
	if (!text)
		return -ENOMEM;
	free(v->text);
	v->text = text;
	return 0;
}

int check_console(struct conf_value *v)
{
	static const char *const words[] = { "stdio", "pty", "none" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(v->text, words[i]) == 0)
			return 0;
	if (starts_with(v->text, "file:"))
		return resolve_behind(v, strlen("file:"), SIZE_MAX);
	if (starts_with(v->text, "unix:"))
		return resolve_behind(v, strlen("unix:"),
				      sizeof(((struct sockaddr_un *)0)->sun_path));
	return conf_why(v, "\"%.60s\" is none of stdio, pty, file:PATH, unix:PATH, none", v->text);
}

int check_pci_host(struct conf_value *v)
{
	const char *s = v->text, *rest;
	size_t domain = strspn(s, "0123456789abcdefABCDEF");

	to_lower(v->text);
	rest = match(s, "xx:xx.x");
	if (rest && !*rest)
		return conf_why(v, "\"%s\" lacks the domain, did you mean \"0000:%s\"?", s, s);
	rest = domain >= 4 && domain <= 8 ? match(s + domain, ":xx:xx.x") : NULL;
	if (!rest || *rest)
		return conf_why(v, "\"%.60s\" is not a PCI address such as \"0004:01:00.0\"", s);
	if (strtoul(s + domain + 4, NULL, 16) > 0x1f)
		return conf_why(v, "\"%s\" is not a PCI address: its device is above 1f", s);
	if (rest[-1] > '7')
		return conf_why(v, "\"%s\" is not a PCI address: its function is above 7", s);
	return 0;
}
