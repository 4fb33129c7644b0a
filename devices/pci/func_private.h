/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_PCI_FUNC_PRIVATE_H
#define DEVICES_PCI_FUNC_PRIVATE_H

/* The parts of a function to each other. */

#include "devices/pci/func.h"

/* image.c: a little-endian field of config, wmask or emu. @size 1 to 4, any @off inside. */
uint32_t pci_field_get(const uint8_t *bytes, uint32_t off, uint32_t size);
void pci_field_put(uint8_t *bytes, uint32_t off, uint32_t size, uint32_t value);

/*
 * bar.c, around a change of the image. Before: BARs that will not decode any more go off. After: BARs
 * that decode elsewhere move.
 */
void pci_bars_vanish(struct pci_func *f);
void pci_bars_appear(struct pci_func *f);

#endif
