/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/options_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

int check_api_socket(struct conf_value *v)
{
	char *path;

	if (strncmp(v->text, "fd:", 3) == 0)
		return v->text[3] ? 0 : conf_why(v, "\"fd:\" lacks the name of a descriptor");
	if (!*v->text)
		return conf_why(v, "the path is empty");
	path = conf_resolve(v, v->text);
	if (!path)
		return -ENOMEM;
	free(v->text);
	v->text = path;
	return 0;
}

int check_file_mode(struct conf_value *v)
{
	size_t len = strlen(v->text);
	unsigned long mode = strtoul(v->text, NULL, 8);

	if (len == 0 || len > 4 || strspn(v->text, "01234567") != len)
		return conf_why(v, "\"%.20s\" is no file mode such as \"0660\"", v->text);
	if (mode & ~0660ul)
		return conf_why(v, "\"%s\" allows more than \"0660\" does", v->text);
	return 0;
}
