/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the paravirtual device as the guest finds it: PCI identity, BARs and
 * registers. Must never know what a command means.
 *
 * All registers are 32 bits wide, little-endian, naturally aligned; other
 * widths read as zero and are ignored when written, as are unknown offsets.
 */
#ifndef UNDERPASS_ABI_DEVICE_H
#define UNDERPASS_ABI_DEVICE_H

#include <linux/types.h>

/* From the range that QEMU's docs/specs/pci-ids leave for experiments. The revision ID is the ABI version. */
#define UP_PCI_VENDOR		0x1af4
#define UP_PCI_DEVICE		0x10f5
#define UP_PCI_CLASS		0x020700	/* network controller, InfiniBand */
#define UP_ABI_VERSION		1

#define UP_BAR_CONTROL		0	/* trapped; MSI-X table and PBA are in it, too */
#define UP_BAR_UAR		2	/* 64-bit, prefetchable: page n is UAR page n of this guest */

#define UP_CONTROL_SIZE		0x4000
#define UP_MSIX_TABLE		0x2000
#define UP_MSIX_PBA		0x3000
#define UP_PAGE			4096

enum up_register {
	UP_REG_MAGIC = 0x00,		/* RO: UP_MAGIC */
	UP_REG_VERSION = 0x04,		/* RO: UP_ABI_VERSION */
	UP_REG_FEATURES = 0x08,		/* RO: what the device offers, bits 0..31 */
	UP_REG_DRIVER_FEATURES = 0x0c,	/* RW: what the driver takes; fixed once UP_STATUS_READY */
	UP_REG_UAR_PAGES = 0x10,	/* RO: usable pages of UP_BAR_UAR */
	UP_REG_VECTORS = 0x14,		/* RO: MSI-X vectors: 0 for ring and events, the rest for EQs */
	UP_REG_RING_LOW = 0x18,		/* RW: guest-physical address of struct up_ring, page aligned */
	UP_REG_RING_HIGH = 0x1c,
	UP_REG_STATUS = 0x20,		/* RW: enum up_status */
	UP_REG_KICK = 0x24,		/* WO: any value: look at the ring */
	UP_REG_SIZE = 0x28,
};

#define UP_MAGIC		0x52445055	/* "UPDR" */

/*
 * The driver writes UP_STATUS_RESET and waits until it reads that back: every
 * object of the guest is gone, and no memory of it reachable. It then
 * negotiates, sets the ring and writes UP_STATUS_READY; the device answers
 * with UP_STATUS_READY or UP_STATUS_REFUSED. UP_STATUS_FAILED comes by
 * itself, announced by vector 0: the HCA is lost; only a reset helps.
 */
enum up_status {
	UP_STATUS_RESET = 0,
	UP_STATUS_READY = 1,
	UP_STATUS_REFUSED = 2,		/* features, ring address or version */
	UP_STATUS_FAILED = 3,
	UP_STATUS_RESETTING = 4,	/* not yet done */
};

/* Feature bits: none beyond the base so far. Unknown ones are not to be taken. */
#define UP_FEATURES_KNOWN	0u

#endif
