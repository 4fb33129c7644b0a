/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/bdf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES 32
#define FUNCTIONS 8

/* Does @text have this form? An x stands for a hexadecimal digit, all else for itself. */
static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == 'x' ? !isxdigit((unsigned char)*text) : *text != *form)
			return false;
	return *text == '\0';
}

int bdf_parse(struct bdf *b, const char *text)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");
	const char *rest = text + digits; /* ":bb:dd.f" */

	if (digits < 4 || digits > 8 || !has_form(rest, ":xx:xx.x"))
		return -EINVAL;
	*b = (struct bdf){
		.domain = (uint32_t)strtoul(text, NULL, 16),
		.bus = (uint8_t)strtoul(rest + 1, NULL, 16),
		.device = (uint8_t)strtoul(rest + 4, NULL, 16),
		.function = (uint8_t)strtoul(rest + 7, NULL, 16),
	};
	return b->device < DEVICES && b->function < FUNCTIONS ? 0 : -EINVAL;
}

bool bdf_same_slot(const struct bdf *a, const struct bdf *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->device == b->device;
}
