/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the PCI device: registers, reset, start, vectors (abi/device.h). Must
 * never know commands or verbs.
 */
#ifndef UNDERPASS_PCI_H
#define UNDERPASS_PCI_H

#include <linux/interrupt.h>
#include <linux/io.h>

#include "abi/device.h"
#include "underpass.h"

static inline u32 up_pci_read(struct up_dev *dev, enum up_register reg)
{
	return readl(dev->control + reg);
}

static inline void up_pci_write(struct up_dev *dev, enum up_register reg, u32 value)
{
	writel(value, dev->control + reg);
}

/**
 * up_pci_open() - enable the device, map its registers, check what it is
 * @dev: dev->pdev is set
 *
 * Return: 0; -ENODEV when it is another device or version; errors of PCI.
 */
int up_pci_open(struct up_dev *dev);
void up_pci_close(struct up_dev *dev);

/**
 * up_pci_reset() - everything of this guest goes
 * @dev: device
 *
 * May sleep, up to half a minute.
 *
 * Return: 0 when the device confirmed it; -ETIMEDOUT. A device that is not there
 * any more confirms nothing: its daemon may be dead, and the HCA go on.
 */
int up_pci_reset(struct up_dev *dev);

/* Negotiate, hand over the ring: -EIO when the device refuses it, -ETIMEDOUT. */
int up_pci_start(struct up_dev *dev);

/**
 * up_pci_request_irq() - have a vector call
 * @dev: device
 * @vector: of UP_REG_VECTORS
 * @handler: called with hard interrupts off
 * @data: its argument
 */
int up_pci_request_irq(struct up_dev *dev, u32 vector, irq_handler_t handler, const char *name,
		       void *data);
void up_pci_free_irq(struct up_dev *dev, u32 vector, void *data);
/* Where UAR page @page of the BAR is. */
phys_addr_t up_pci_uar_address(struct up_dev *dev, u32 page);

#endif
