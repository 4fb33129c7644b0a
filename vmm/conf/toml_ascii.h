/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONF_TOML_ASCII_H
#define VMM_CONF_TOML_ASCII_H

/*
 * TOML has characters that are not ASCII in strings and comments only. toml++ 3.3.0 (Debian 12)
 * does not refuse all others: in front of a letter such as U+00A7 or U+0323 where it looks for
 * blanks its behaviour is undefined (its issue 190, mended in 3.4). So whoever calls it asks here
 * first.
 *
 * What is left of that issue: a multi-line string whose line ends in a backslash and goes on with
 * such a letter is TOML, and refused, with any version. "\u00a7" is read.
 */

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * toml_ascii_check - is every character that must be ASCII so?
 * @line, @column: out, of the first one that is not; from 1, in characters
 * @text: need be neither TOML nor UTF-8; up to its first error as TOML it is read as toml++ does
 */
bool toml_ascii_check(const char *text, size_t len, unsigned int *line, unsigned int *column);

#ifdef __cplusplus
}
#endif

#endif
