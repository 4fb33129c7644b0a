/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONF_TOML_ASCII_H
#define VMM_CONF_TOML_ASCII_H

/*
 * TOML has characters that are not ASCII in strings and comments only. toml++ 3.3.0 (Debian 12)
 * does not refuse all others: where it looks for blanks and meets a letter such as U+00A7 or
 * U+0323, its behaviour is undefined (toml++ issue 190, mended in 3.4). So the caller of toml++
 * asks here first.
 *
 * The price: a multi-line string in which such a letter follows a backslash at the end of a line is
 * TOML, and is refused with any version of toml++. "\u00a7" is read.
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
