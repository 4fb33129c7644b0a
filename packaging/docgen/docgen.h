/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PACKAGING_DOCGEN_DOCGEN_H
#define PACKAGING_DOCGEN_DOCGEN_H

/*
 * Documents out of the tables that the program itself reads: vmm/cli_table.h, options_sections(). A
 * program of the machine that builds, as callgen is; cmake/package.cmake compiles it with the files of
 * the tables and nothing else: what their rows point to is not linked, and not called here.
 */

#include "vmm/cli_table.h"
#include "vmm/machine/options.h"

#include <stdio.h>

void make_man1(FILE *out, const char *date);   /* spapr-vmm(1), mdoc */
void make_man5(FILE *out, const char *date);   /* spapr-vmm.toml(5), mdoc */
void make_bash(FILE *out, const char *date);   /* completion; these have no date in them */
void make_zsh(FILE *out, const char *date);    /* the same for zsh */
void make_schema(FILE *out, const char *date); /* guest.toml as JSON schema, draft-07 */

#endif
