// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns PCI configuration space. Must never know what is behind the BARs.
 * Layout: PCI Express Base Specification 4.0, 7.5 and 7.7.
 */
#include "host-backend/pv/config_space.h"

#include <string.h>

#include <linux/pci_regs.h>

#include "guest-driver/abi/device.h"

enum { CAP_EXPRESS = 0x40, CAP_MSIX = 0x80, CAP_PM = 0x90 };

/* Little-endian, @len bytes; @writable: bits that software may change. */
static void set(struct pv_config_space *s, unsigned int at, unsigned int len, uint32_t value,
		uint32_t writable)
{
	unsigned int i;

	for (i = 0; i < len; i++) {
		s->byte[at + i] = (uint8_t)(value >> 8 * i);
		s->writable[at + i] = (uint8_t)(writable >> 8 * i);
	}
}

static void set_header(struct pv_config_space *s)
{
	set(s, PCI_VENDOR_ID, 2, UP_PCI_VENDOR, 0);
	set(s, PCI_DEVICE_ID, 2, UP_PCI_DEVICE, 0);
	set(s, PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
	    PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	set(s, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	set(s, PCI_REVISION_ID, 1, UP_ABI_VERSION, 0);
	set(s, PCI_CLASS_PROG, 1, UP_PCI_CLASS & 0xff, 0);
	set(s, PCI_CLASS_DEVICE, 2, UP_PCI_CLASS >> 8, 0);
	set(s, PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
	set(s, PCI_SUBSYSTEM_VENDOR_ID, 2, UP_PCI_VENDOR, 0);
	set(s, PCI_SUBSYSTEM_ID, 2, UP_PCI_DEVICE, 0);
	set(s, PCI_CAPABILITY_LIST, 1, CAP_EXPRESS, 0);
	set(s, PCI_INTERRUPT_LINE, 1, 0, 0xff);
}

static void set_bars(struct pv_config_space *s, const struct hv_device *device)
{
	uint64_t mask = ~(device->bars[UP_BAR_UAR].size - 1);
	unsigned int uar = PCI_BASE_ADDRESS_0 + 4 * UP_BAR_UAR;

	set(s, PCI_BASE_ADDRESS_0 + 4 * UP_BAR_CONTROL, 4, PCI_BASE_ADDRESS_MEM_TYPE_32,
	    ~(uint32_t)(device->bars[UP_BAR_CONTROL].size - 1));
	set(s, uar, 4, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
	    (uint32_t)mask & ~0xfu);
	set(s, uar + 4, 4, 0, (uint32_t)(mask >> 32));
}

static void set_capabilities(struct pv_config_space *s, unsigned int n_vectors)
{
	set(s, CAP_EXPRESS, 2, PCI_CAP_ID_EXP | CAP_MSIX << 8, 0);
	set(s, CAP_EXPRESS + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_ENDPOINT << 4, 0);
	set(s, CAP_EXPRESS + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR, 0);
	set(s, CAP_EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_RELAX_EN,
	    PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ | 0xf);
	set(s, CAP_MSIX, 2, PCI_CAP_ID_MSIX | CAP_PM << 8, 0);
	set(s, CAP_MSIX + PCI_MSIX_FLAGS, 2, n_vectors - 1,
	    PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	set(s, CAP_MSIX + PCI_MSIX_TABLE, 4, UP_MSIX_TABLE | UP_BAR_CONTROL, 0);
	set(s, CAP_MSIX + PCI_MSIX_PBA, 4, UP_MSIX_PBA | UP_BAR_CONTROL, 0);
	set(s, CAP_PM, 2, PCI_CAP_ID_PM, 0);
	set(s, CAP_PM + PCI_PM_PMC, 2, 3, 0);
	set(s, CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK);
}

void pv_config_space_reset(struct pv_config_space *s, const struct hv_device *device)
{
	memset(s, 0, sizeof(*s));
	set_header(s);
	set_bars(s, device);
	set_capabilities(s, device->n_vectors);
}

void pv_config_space_read(const struct pv_config_space *s, uint64_t off, void *buf, size_t len)
{
	memcpy(buf, s->byte + off, len);
}

void pv_config_space_write(struct pv_config_space *s, uint64_t off, const void *buf, size_t len)
{
	const uint8_t *from = buf;
	size_t i;

	for (i = 0; i < len; i++)
		s->byte[off + i] = (uint8_t)((s->byte[off + i] & ~s->writable[off + i]) |
					     (from[i] & s->writable[off + i]));
}

bool pv_config_space_asks_reset(uint64_t off, const void *buf, size_t len)
{
	const uint64_t at = CAP_EXPRESS + PCI_EXP_DEVCTL + 1;	/* little-endian: the bit is there */

	return at >= off && at - off < len &&
	       ((const uint8_t *)buf)[at - off] & PCI_EXP_DEVCTL_BCR_FLR >> 8;
}

bool pv_config_space_bus_master(const struct pv_config_space *s)
{
	return s->byte[PCI_COMMAND] & PCI_COMMAND_MASTER;
}
