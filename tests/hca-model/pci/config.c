// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns configuration space: identity, BAR, capabilities, what software may
 * change. It must never know what is behind the BAR.
 */
#include <string.h>

#include <linux/pci_regs.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/pci/pci_config.h"
#include "tests/hca-model/trace.h"

enum {			/* where the capabilities stand */
	CAP_PCIE = 0x60, CAP_PM = 0x40, CAP_MSIX = 0x9c,
	EXT_CAP_AER = 0x100, EXT_CAP_SERIAL = 0x1c0,
	CLASS_IB = 0x0207,
	LINK_SPEED_8GT = 3, LINK_WIDTH_X16 = 16,
};

static void set8(struct pci *p, unsigned int at, uint8_t value, uint8_t writable)
{
	p->config[at] = value;
	p->wmask[at] = writable;
}

static void set16(struct pci *p, unsigned int at, uint16_t value, uint16_t writable)
{
	set8(p, at, (uint8_t)value, (uint8_t)writable);
	set8(p, at + 1, (uint8_t)(value >> 8), (uint8_t)(writable >> 8));
}

static void set32(struct pci *p, unsigned int at, uint32_t value, uint32_t writable)
{
	set16(p, at, (uint16_t)value, (uint16_t)writable);
	set16(p, at + 2, (uint16_t)(value >> 16), (uint16_t)(writable >> 16));
}

static uint16_t get16(const struct pci *p, unsigned int at)
{
	return (uint16_t)(p->config[at] | p->config[at + 1] << 8);
}

static void config_header(struct pci *p, bool vf)
{
	set16(p, PCI_VENDOR_ID, PCI_VENDOR_MELLANOX, 0);
	set16(p, PCI_DEVICE_ID, vf ? PCI_DEVICE_CX4_VF : PCI_DEVICE_CX4, 0);
	set16(p, PCI_COMMAND, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR |
	      PCI_COMMAND_PARITY | PCI_COMMAND_INTX_DISABLE);
	set16(p, PCI_STATUS, PCI_STATUS_CAP_LIST, 0);
	set16(p, PCI_CLASS_DEVICE, CLASS_IB, 0);
	set8(p, PCI_CACHE_LINE_SIZE, 0, 0xff);
	set32(p, PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_MEM_TYPE_64 |
	      PCI_BASE_ADDRESS_MEM_PREFETCH, ~(uint32_t)(BAR_BYTES - 1));
	set32(p, PCI_BASE_ADDRESS_1, 0, ~0u);
	set16(p, PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_MELLANOX, 0);
	set16(p, PCI_SUBSYSTEM_ID, 0x0008, 0);
	set8(p, PCI_CAPABILITY_LIST, CAP_PCIE, 0);
	set8(p, PCI_INTERRUPT_LINE, 0, 0xff);
}

static void config_pcie(struct pci *p)
{
	const unsigned int at = CAP_PCIE;

	set8(p, at, PCI_CAP_ID_EXP, 0);
	set8(p, at + 1, CAP_MSIX, 0);
	set16(p, at + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4, 0);
	set32(p, at + PCI_EXP_DEVCAP, 2 | PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR |
	      PCI_EXP_DEVCAP_EXT_TAG, 0);
	set16(p, at + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B |
	      PCI_EXP_DEVCTL_RELAX_EN, 0x7fff);
	set32(p, at + PCI_EXP_LNKCAP, LINK_SPEED_8GT | LINK_WIDTH_X16 << 4, 0);
	set16(p, at + PCI_EXP_LNKCTL, 0, 0x01fb);
	set16(p, at + PCI_EXP_LNKSTA, LINK_SPEED_8GT | LINK_WIDTH_X16 << 4, 0);
	set32(p, at + PCI_EXP_DEVCAP2, 0x0f | PCI_EXP_DEVCAP2_COMP_TMOUT_DIS, 0);
	set16(p, at + PCI_EXP_DEVCTL2, 0, 0x001f);
	set32(p, at + PCI_EXP_LNKCAP2, 0x0e, 0);
	set16(p, at + PCI_EXP_LNKCTL2, LINK_SPEED_8GT, 0x003f);
}

static void config_msix(struct pci *p)
{
	const unsigned int at = CAP_MSIX;

	set8(p, at, PCI_CAP_ID_MSIX, 0);
	set8(p, at + 1, CAP_PM, 0);
	set16(p, at + PCI_MSIX_FLAGS, MSIX_VECTORS - 1,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	set32(p, at + PCI_MSIX_TABLE, MSIX_TABLE_OFFSET, 0);	/* BAR 0 */
	set32(p, at + PCI_MSIX_PBA, MSIX_PBA_OFFSET, 0);
	set8(p, CAP_PM, PCI_CAP_ID_PM, 0);
	set16(p, CAP_PM + PCI_PM_PMC, 3, 0);
	set16(p, CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK);
}

static void config_extended(struct pci *p, uint64_t serial)
{
	set32(p, EXT_CAP_AER, PCI_EXT_CAP_ID_ERR | 2 << 16 | (uint32_t)EXT_CAP_SERIAL << 20, 0);
	set32(p, EXT_CAP_AER + PCI_ERR_UNCOR_MASK, 0, 0x03fff030);
	set32(p, EXT_CAP_AER + PCI_ERR_UNCOR_SEVER, 0x00062030, 0x03fff030);
	set32(p, EXT_CAP_AER + PCI_ERR_COR_MASK, 0x2000, 0x31c1);
	set32(p, EXT_CAP_SERIAL, PCI_EXT_CAP_ID_DSN | 1 << 16, 0);
	set32(p, EXT_CAP_SERIAL + 4, (uint32_t)serial, 0);
	set32(p, EXT_CAP_SERIAL + 8, (uint32_t)(serial >> 32), 0);
}

void pci_config_reset(struct hca *hca)
{
	struct pci *p = &hca->pci;

	memset(p->config, 0, sizeof(p->config));
	memset(p->wmask, 0, sizeof(p->wmask));
	config_header(p, hca->is_vf);
	config_pcie(p);
	config_msix(p);
	config_extended(p, 0x0002c90300000000ull + hca->index);
	hca->dma.master = false;
}

int pci_config_read(struct hca *hca, uint64_t off, void *buf, size_t len)
{
	if (hca->dead)
		memset(buf, 0xff, len);
	else
		memcpy(buf, hca->pci.config + off, len);
	return 0;
}

int pci_config_write(struct hca *hca, uint64_t off, const void *buf, size_t len)
{
	struct pci *p = &hca->pci;
	const uint8_t *src = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p->config[off + i] = (uint8_t)((p->config[off + i] & ~p->wmask[off + i]) |
					       (src[i] & p->wmask[off + i]));
	/* Bit 15 of Device Control starts a function level reset and reads as zero. */
	i = CAP_PCIE + PCI_EXP_DEVCTL + 1;
	if (off <= i && i < off + len && src[i - off] & PCI_EXP_DEVCTL_BCR_FLR >> 8) {
		trace(hca, "FLR by configuration write");
		hca_reset(hca);
		return 0;
	}
	hca->dma.master = get16(p, PCI_COMMAND) & PCI_COMMAND_MASTER;
	return 0;
}
