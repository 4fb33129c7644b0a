/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/options_check.h"

#include <ctype.h>
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

int check_node(struct conf_value *v)
{
	return strchr(v->text, ',') ? conf_why(v, "expected an integer, got an array") : 0;
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
