/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CALLS_H
#define VMM_CONTROL_CALLS_H

/* The calls that the control API's processes may make: vmm/control/calls.c. */

#include "vmm/base/callfilter.h"

extern const struct call_program api_program, api_keeper_program;

#endif
