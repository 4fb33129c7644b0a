/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_HOLD_H
#define VMM_MACHINE_HOLD_H

/*
 * `spapr-vmm bind` and `unbind`: root takes the passed-through functions of a guest from their drivers
 * before a program without rights runs the guest, and gives them back afterwards. What was taken is
 * noted in /run/spapr-vmm (vfio/bind.h), so that the two are processes of their own, and either may be
 * run twice. Entries with bind = "manual" are their user's.
 */

#include "vmm/machine/machine.h"

/* @group: of users who may then open the IOMMU groups, by name or number; NULL: who may does not change. */
enum exit_status machine_bind(const struct options *opt, const char *group);
enum exit_status machine_unbind(const struct options *opt);

#endif
