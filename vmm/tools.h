/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_TOOLS_H
#define VMM_TOOLS_H

/*
 * `spapr-vmm ctl` and `spapr-vmm top`: they ask another process, and know nothing of a configuration. The words
 * of these two are none of struct cli's.
 */

/* The exit status; -1: the first word names none of them. */
int tools_run(int argc, char **argv);

#endif
