/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_BDF_H
#define VMM_BASE_BDF_H

/*
 * The address of a host PCI function. As text, "0004:01:00.0", it names the function in sysfs, in VFIO
 * and to the user; taken apart, it says which functions share a slot.
 */

#include "vmm/base/types.h"

#define BDF_LEN 17 /* of the text, with the NUL; a domain has 4 to 8 digits */

struct bdf {
	uint32_t domain;
	uint8_t bus, device, function;
};

/* "dddd:bb:dd.f", hexadecimal, with a domain of 4 to 8 digits. 0; -EINVAL anything else. */
int bdf_parse(struct bdf *b, const char *text);

/* Functions of one device: only their numbers differ. */
bool bdf_same_slot(const struct bdf *a, const struct bdf *b);

#endif
