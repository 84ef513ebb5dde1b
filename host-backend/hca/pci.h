/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the host side does in a function's configuration space: identity,
 * the command register, No-Snoop; and which PCI ids are of the mlx5 family.
 * Must never know how the space is reached.
 * Sources: PCI Express Base Specification 5.0, section 7.5; Linux,
 * drivers/net/ethernet/mellanox/mlx5/core/main.c, mlx5_core_pci_table.
 */
#ifndef HCA_PCI_H
#define HCA_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct hca_transport;

#define HCA_PCI_VENDOR	0x15b3u		/* Mellanox */

/* One device id of the family. */
struct hca_pci_kind {
	uint16_t device;
	bool is_vf;
	const char *name;		/* "ConnectX-4" */
};

/* NULL: not of the mlx5 family. */
const struct hca_pci_kind *hca_pci_kind(uint16_t vendor, uint16_t device);

/**
 * struct hca_pci_id - what a function says it is
 * @vendor, @device, @revision: ids
 * @class: 24 bits, 0x020700 for InfiniBand, 0x020000 for Ethernet
 * @kind: NULL when it is not of the mlx5 family
 */
struct hca_pci_id {
	uint16_t vendor, device;
	uint8_t revision;
	uint32_t class;
	const struct hca_pci_kind *kind;
};

/**
 * hca_pci_identify() - read the ids
 * @t: transport
 * @id: filled
 *
 * Return: 0; -ENODEV when all bits are ones: the device is gone; errors of the
 * transport.
 */
int hca_pci_identify(struct hca_transport *t, struct hca_pci_id *id);

/**
 * hca_pci_silence() - the state a function is to be found and left in
 * @t: transport
 *
 * Memory decoding on, bus mastering off, INTx off.
 *
 * Return: 0; -EIO when bus mastering stays on; -ENODEV; errors of the transport.
 */
int hca_pci_silence(struct hca_transport *t);

/**
 * hca_pci_bus_master() - let the function do DMA, or stop it
 * @t: transport
 * @on: whether it may
 *
 * Return: 0; -EIO when the bit does not take; -ENODEV; errors of the transport.
 */
int hca_pci_bus_master(struct hca_transport *t, bool on);

/**
 * hca_pci_find_cap() - a capability of the first 256 bytes
 * @t: transport
 * @id: PCI_CAP_ID_*
 * @at: its offset
 *
 * Return: 0; -ENOENT when there is none; -EIO for a list that does not end or
 * leaves its place; -ENODEV; errors of the transport.
 */
int hca_pci_find_cap(struct hca_transport *t, uint8_t id, unsigned int *at);

/**
 * hca_pci_no_snoop_off() - forbid DMA that bypasses the processor caches
 * @t: transport
 *
 * To be repeated after every reset. A virtual function has no such bit, its
 * physical function decides (PCI Express, section 9.3.5).
 *
 * Return: 0; -EOPNOTSUPP for a virtual function or one without PCI Express
 * capability; -EIO when the bit stays set; -ENODEV; errors of the transport.
 */
int hca_pci_no_snoop_off(struct hca_transport *t);

#endif
