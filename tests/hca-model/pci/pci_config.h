/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what configuration space offers to the rest of this room. It must never
 * know the BAR.
 */
#ifndef HCA_MODEL_PCI_PCI_CONFIG_H
#define HCA_MODEL_PCI_PCI_CONFIG_H

struct hca;

/* Configuration space as at power-on; bus mastering is off. */
void pci_config_reset(struct hca *hca);

#endif
