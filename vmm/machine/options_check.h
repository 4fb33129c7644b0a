/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_OPTIONS_CHECK_H
#define VMM_MACHINE_OPTIONS_CHECK_H

/*
 * What a type and a range cannot say. The checks of one value stand in the key tables of
 * options_keys.c (conf_key.check); options_check_all() judges values together.
 */

#include "vmm/conf/conf.h"
#include "vmm/machine/options.h"

int check_node(struct conf_value *v);        /* one number */
int check_node_memory(struct conf_value *v); /* a size that a node can have */
int check_pci_host(struct conf_value *v);    /* dddd:bb:dd.f; made lower case */
int check_firmware(struct conf_value *v);    /* "builtin", or a file; its path becomes absolute */
int check_nvram_path(struct conf_value *v);  /* a file of its size, or none yet */
int check_ready(struct conf_value *v);       /* started, console, console:TEXT, notify */

int check_api_socket(struct conf_value *v); /* PATH, made absolute, or fd:NAME */
int check_file_mode(struct conf_value *v);  /* octal, for its owner and group alone */

/*
 * The default command line is a kernel's alone; firmware that stands in for a kernel shows. 0 or -ENOMEM; then the
 * judgement, noted in @c.
 */
int complete_boot(struct conf *c, struct options *opt);
void check_boot(struct conf *c, const struct options *opt);

/* service.ready in what depends on it: 0 or -ENOMEM; then the judgement, noted in @c. */
int complete_ready(struct options *opt);
void check_ready_together(struct conf *c, const struct options *opt);

/* Fills in the defaults that depend on other values. */
void options_complete(struct conf *c, struct options *opt);

/*
 * Values that do not go together, devices that are there twice. Notes what it finds in @c. After
 * options_complete().
 */
void options_check_all(struct conf *c, const struct options *opt);

#endif
