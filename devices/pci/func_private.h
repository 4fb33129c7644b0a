/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_PCI_FUNC_PRIVATE_H
#define DEVICES_PCI_FUNC_PRIVATE_H

/* What func.c asks of bar.c around a change of the image. */

#include "devices/pci/func.h"

/* BARs that the image no longer lets decode go off; those that decode elsewhere move. */
void pci_bars_vanish(struct pci_func *f);
void pci_bars_appear(struct pci_func *f);

#endif
