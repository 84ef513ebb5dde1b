// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the BAR: which access goes to the init segment, MSI-X or a UAR page. It
 * must never know what a doorbell starts.
 */
#include <string.h>

#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/cq.h"
#include "tests/hca-model/obj/eq.h"
#include "tests/hca-model/pci/init_segment.h"
#include "tests/hca-model/pci/pci_config.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/transport.h"

void pci_init(struct hca *hca)
{
	hca->pci.nic_state = NIC_DISABLED;
	pci_clock_start(hca);
	pci_config_reset(hca);
}

void pci_reset_firmware(struct hca *hca)
{
	hca->pci.cmdq_h = 0;
	hca->pci.cmdq_l = 0;
	hca->pci.nic_state = NIC_DISABLED;
	hca->pci.synd = 0;
	hca->pci.rfr_severity = 0;
	hca->pci.health_stuck = false;
	memset(hca->pci.half, 0, sizeof(hca->pci.half));
}

void pci_reset(struct hca *hca)
{
	pci_config_reset(hca);
	memset(hca->pci.msix_table, 0, sizeof(hca->pci.msix_table));
	memset(hca->pci.msix_pba, 0, sizeof(hca->pci.msix_pba));
}

/* Registers are big-endian words; drivers also read single bytes of them. */
static void read_init_segment(struct hca *hca, uint64_t off, uint8_t *dst, size_t len)
{
	uint8_t word[4];
	size_t i;

	for (i = 0; i < len; i++) {
		if (i == 0 || (off + i) % 4 == 0)
			ifc_store32(word, init_segment_read(hca, (uint32_t)(off + i) & ~3u));
		dst[i] = word[(off + i) % 4];
	}
}

int pci_bar_read(struct hca *hca, uint64_t off, void *buf, size_t len)
{
	const struct pci *p = &hca->pci;

	memset(buf, hca->dead ? 0xff : 0, len);
	if (hca->dead)
		return 0;
	if (off < INIT_SEGMENT_BYTES)
		read_init_segment(hca, off, buf,
				  len < INIT_SEGMENT_BYTES - off ? len : INIT_SEGMENT_BYTES - off);
	else if (off >= MSIX_TABLE_OFFSET &&
		 off + len <= MSIX_TABLE_OFFSET + sizeof(p->msix_table))
		memcpy(buf, p->msix_table + (off - MSIX_TABLE_OFFSET), len);
	else if (off >= MSIX_PBA_OFFSET && off + len <= MSIX_PBA_OFFSET + sizeof(p->msix_pba))
		memcpy(buf, (const uint8_t *)p->msix_pba + (off - MSIX_PBA_OFFSET), len);
	return 0;
}

static void keep_half(struct pci *p, uint64_t at, uint32_t word)
{
	unsigned int i;

	for (i = 0; i < UAR_HALVES; i++)
		if (p->half[i].at == at)
			break;
	if (i == UAR_HALVES)
		i = p->next_half++ % UAR_HALVES;
	p->half[i].at = at;
	p->half[i].word = word;
}

static bool take_half(struct pci *p, uint64_t at, uint32_t *word)
{
	unsigned int i;

	for (i = 0; i < UAR_HALVES; i++) {
		if (p->half[i].at != at)
			continue;
		p->half[i].at = 0;
		*word = p->half[i].word;
		return true;
	}
	return false;
}

/* A UAR page: 64-bit doorbells arrive as one write or as two halves, low address first. */
static void write_uar(struct hca *hca, uint64_t off, const uint8_t *src, size_t len)
{
	uint32_t page = (uint32_t)(off / UAR_PAGE_SIZE), reg = off % UAR_PAGE_SIZE;
	uint32_t word0, word1;

	if (!objtab_get(&hca->obj.uar, page)) {
		hca_log(hca, "write to UAR page %u, which is not allocated", page);
		return;
	}
	if (len == 4 && (reg == UAR_EQ_ARM || reg == UAR_EQ_UPDATE)) {
		eq_doorbell(hca, page, ifc_load32(src), reg == UAR_EQ_ARM);
		return;
	}
	if (len == 4 && reg % 8 == 0) {
		keep_half(&hca->pci, off, ifc_load32(src));
		return;
	}
	if (len == 4 && reg % 8 == 4 && take_half(&hca->pci, off - 4, &word0)) {
		word1 = ifc_load32(src);
		reg -= 4;
	} else if (len == 8 && reg % 8 == 0) {
		word0 = ifc_load32(src);
		word1 = ifc_load32(src + 4);
	} else {
		hca_log(hca, "UAR write of %zu bytes at 0x%x means nothing", len, reg);
		return;
	}
	if (reg == UAR_CQ_ARM)
		cq_arm_doorbell(hca, page, word0, word1);
	else if (reg >= UAR_BF)
		transport_sq_doorbell(hca, page, word0, word1);
}

int pci_bar_write(struct hca *hca, uint64_t off, const void *buf, size_t len)
{
	struct pci *p = &hca->pci;
	size_t i;

	if (hca->dead)
		return 0;
	if (off < INIT_SEGMENT_BYTES) {
		/* Registers are words; a wider write is several of them. */
		for (i = 0; off % 4 == 0 && i + 4 <= len && off + i < INIT_SEGMENT_BYTES; i += 4)
			init_segment_write(hca, (uint32_t)(off + i),
					   ifc_load32((const uint8_t *)buf + i));
	} else if (off >= MSIX_TABLE_OFFSET &&
		   off + len <= MSIX_TABLE_OFFSET + sizeof(p->msix_table)) {
		memcpy(p->msix_table + (off - MSIX_TABLE_OFFSET), buf, len);
	} else if (off >= (uint64_t)UAR_FIRST * UAR_PAGE_SIZE) {
		write_uar(hca, off, buf, len);
	}
	return 0;
}
