/* SPDX-License-Identifier: GPL-2.0 */
/* Errors and resets of the PCI function that the PCI core handles. */
#ifndef MYDEV_PCI_ERROR_H
#define MYDEV_PCI_ERROR_H

#include <linux/pci.h>

extern const struct pci_error_handlers mydev_error_handlers;

#endif
