// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns MSI-X: table, masks, pending bits, delivery. It must never know why an
 * interrupt is raised.
 */
#include <linux/vfio.h>

#include "hv/vfio-user/server.h"
#include "tests/hca-model/hca.h"

void pci_interrupt(struct hca *hca, unsigned int vector)
{
	if (vector >= MSIX_VECTORS || hca->dead)
		return;
	/* The client (QEMU, a VFIO kernel) owns enable and mask bits: it takes
	 * the eventfd away or holds it back. */
	if (vfu_irq_trigger(hca->server, VFIO_PCI_MSIX_IRQ_INDEX, vector) == 0)
		hca->pci.interrupts++;
}
