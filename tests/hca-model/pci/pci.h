/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what PCI sees: configuration space, the BAR, MSI-X, the init segment,
 * function level reset. It must never know commands or queues.
 */
#ifndef HCA_MODEL_PCI_PCI_H
#define HCA_MODEL_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hca;

enum {
	CLOCK_KHZ = 156250,
	PCI_VENDOR_MELLANOX = 0x15b3,
	PCI_DEVICE_CX4 = 0x1013, PCI_DEVICE_CX4_VF = 0x1014,
	PCI_CONFIG_BYTES = 4096,
	BAR_BYTES = 32 << 20,		/* init segment, MSI-X, then UAR page n at n * 4096 */
	MSIX_VECTORS = 64,
	MSIX_TABLE_OFFSET = 0x3000,	/* BAR page 3: table and PBA */
	MSIX_PBA_OFFSET = 0x3800,
	UAR_HALVES = 16,
};

/* The driver's interface (core/health.c): a reset card has none until a driver writes the queue's address. */
enum nic_state { NIC_FULL_DRIVER = 0, NIC_DISABLED = 1, NIC_SW_RESET = 7 };

struct pci {
	uint8_t config[PCI_CONFIG_BYTES];
	uint8_t wmask[PCI_CONFIG_BYTES];	/* bits that software may change */
	uint8_t msix_table[MSIX_VECTORS * 16];
	uint32_t msix_pba[MSIX_VECTORS / 32];
	/* init segment */
	uint32_t cmdq_h, cmdq_l;
	uint8_t nic_state;		/* enum nic_state */
	uint64_t boot_ns;		/* monotonic: internal timer, health counter */
	uint8_t synd;			/* health syndrome, 0: healthy */
	uint8_t rfr_severity;
	bool health_stuck;		/* the health counter stands still */
	uint64_t interrupts;		/* MSI-X messages sent */
	/* First halves of 64-bit doorbells that come as two 32-bit writes. Each
	 * register has its own; drivers lock per register, so they may interleave. */
	struct {
		uint64_t at;		/* offset in the BAR, 0: none */
		uint32_t word;
	} half[UAR_HALVES];
	unsigned int next_half;		/* the oldest, which the next one replaces */
};

void pci_init(struct hca *hca);
/* Configuration space (BARs and command included) and MSI-X back to power-on. */
void pci_reset(struct hca *hca);
/* The init segment back to power-on: no queue, no driver, healthy. */
void pci_reset_firmware(struct hca *hca);

/* vfio-user region callbacks; 0 or -errno. */
int pci_config_read(struct hca *hca, uint64_t off, void *buf, size_t len);
int pci_config_write(struct hca *hca, uint64_t off, const void *buf, size_t len);
int pci_bar_read(struct hca *hca, uint64_t off, void *buf, size_t len);
int pci_bar_write(struct hca *hca, uint64_t off, const void *buf, size_t len);

/* Raise MSI-X vector @vector; a vector that nobody listens to is dropped. */
void pci_interrupt(struct hca *hca, unsigned int vector);

/* The card's free running clock, CLOCK_KHZ; CQE timestamps and the init segment show it. */
void pci_clock_start(struct hca *hca);
uint64_t pci_clock(const struct hca *hca);

#endif
