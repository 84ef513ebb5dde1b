// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the host side does in a function's configuration space: identity,
 * the command register, No-Snoop; and which PCI ids are of the mlx5 family.
 * Must never know how the space is reached.
 */
#include "host-backend/hca/pci.h"

#include <errno.h>
#include <stddef.h>

#include <linux/pci_regs.h>

#include "host-backend/hca/transport.h"

enum {
	CAP_FIRST = 0x40, CAP_LAST = 0xfc,
	MAX_CAPS = (0x100 - CAP_FIRST) / 4,	/* more than fit: the list is a ring */
};

static const struct hca_pci_kind kinds[] = {
	{ 0x1011, false, "Connect-IB" },
	{ 0x1012, true, "Connect-IB VF" },
	{ 0x1013, false, "ConnectX-4" },
	{ 0x1014, true, "ConnectX-4 VF" },
	{ 0x1015, false, "ConnectX-4 Lx" },
	{ 0x1016, true, "ConnectX-4 Lx VF" },
	{ 0x1017, false, "ConnectX-5" },
	{ 0x1018, true, "ConnectX-5 VF" },
	{ 0x1019, false, "ConnectX-5 Ex" },
	{ 0x101a, true, "ConnectX-5 Ex VF" },
	{ 0x101b, false, "ConnectX-6" },
	{ 0x101c, true, "ConnectX-6 VF" },
	{ 0x101d, false, "ConnectX-6 Dx" },
	{ 0x101e, true, "ConnectX VF" },	/* of all later cards */
	{ 0x101f, false, "ConnectX-6 Lx" },
	{ 0x1021, false, "ConnectX-7" },
	{ 0x1023, false, "ConnectX-8" },
	{ 0x1025, false, "ConnectX-9" },
	{ 0x1027, false, "ConnectX-10" },
	{ 0xa2d2, false, "BlueField ConnectX-5" },
	{ 0xa2d3, true, "BlueField ConnectX-5 VF" },
	{ 0xa2d6, false, "BlueField-2 ConnectX-6 Dx" },
	{ 0xa2dc, false, "BlueField-3 ConnectX-7" },
	{ 0xa2df, false, "BlueField-4 ConnectX-8" },
};

const struct hca_pci_kind *hca_pci_kind(uint16_t vendor, uint16_t device)
{
	size_t i;

	if (vendor != HCA_PCI_VENDOR)
		return NULL;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].device == device)
			return &kinds[i];
	return NULL;
}

int hca_pci_identify(struct hca_transport *t, struct hca_pci_id *id)
{
	uint32_t ids, class;
	int ret;

	ret = t->ops->config_read(t, PCI_VENDOR_ID, 4, &ids);
	if (!ret)
		ret = t->ops->config_read(t, PCI_CLASS_REVISION, 4, &class);
	if (ret)
		return ret;
	if (ids == UINT32_MAX)
		return -ENODEV;
	*id = (struct hca_pci_id){
		.vendor = (uint16_t)ids, .device = (uint16_t)(ids >> 16),
		.revision = (uint8_t)class, .class = class >> 8,
	};
	id->kind = hca_pci_kind(id->vendor, id->device);
	return 0;
}

/* Sets and clears bits of a 16-bit register, then sees that those of @must took. */
static int change16(struct hca_transport *t, unsigned int at, uint16_t set, uint16_t clear,
		    uint16_t must)
{
	uint32_t old, new;
	int ret;

	ret = t->ops->config_read(t, at, 2, &old);
	if (ret)
		return ret;
	if (old == UINT16_MAX)
		return -ENODEV;
	new = (old | set) & ~(uint32_t)clear;
	if (new == old)
		return 0;
	ret = t->ops->config_write(t, at, 2, new);
	if (!ret)
		ret = t->ops->config_read(t, at, 2, &new);
	if (ret)
		return ret;
	if (new == UINT16_MAX)
		return -ENODEV;
	return (new & must) == (set & must) ? 0 : -EIO;
}

/* A virtual function has neither a bit for memory nor one for INTx. */
int hca_pci_silence(struct hca_transport *t)
{
	return change16(t, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE,
			PCI_COMMAND_MASTER, PCI_COMMAND_MASTER);
}

int hca_pci_bus_master(struct hca_transport *t, bool on)
{
	return change16(t, PCI_COMMAND, on ? PCI_COMMAND_MASTER : 0, on ? 0 : PCI_COMMAND_MASTER,
			PCI_COMMAND_MASTER);
}

int hca_pci_find_cap(struct hca_transport *t, uint8_t id, unsigned int *at)
{
	uint32_t value;
	unsigned int i, next;
	int ret;

	ret = t->ops->config_read(t, PCI_STATUS, 2, &value);
	if (ret)
		return ret;
	if (value == UINT16_MAX)
		return -ENODEV;
	if (!(value & PCI_STATUS_CAP_LIST))
		return -ENOENT;
	ret = t->ops->config_read(t, PCI_CAPABILITY_LIST, 1, &value);
	if (ret)
		return ret;
	next = value & ~3u;
	for (i = 0; i < MAX_CAPS && next; i++) {
		if (next < CAP_FIRST || next > CAP_LAST)
			return -EIO;
		ret = t->ops->config_read(t, next, 2, &value);
		if (ret)
			return ret;
		if (value == UINT16_MAX)
			return -ENODEV;
		if ((value & 0xff) == id) {
			*at = next;
			return 0;
		}
		next = value >> 8 & ~3u;
	}
	return next ? -EIO : -ENOENT;
}

int hca_pci_no_snoop_off(struct hca_transport *t)
{
	struct hca_pci_id id;
	unsigned int at;
	int ret;

	ret = hca_pci_identify(t, &id);
	if (ret)
		return ret;
	if (id.kind && id.kind->is_vf)
		return -EOPNOTSUPP;
	ret = hca_pci_find_cap(t, PCI_CAP_ID_EXP, &at);
	if (ret)
		return ret == -ENOENT ? -EOPNOTSUPP : ret;
	return change16(t, at + PCI_EXP_DEVCTL, 0, PCI_EXP_DEVCTL_NOSNOOP_EN,
			PCI_EXP_DEVCTL_NOSNOOP_EN);
}
