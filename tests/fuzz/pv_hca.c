// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns an HCA that only exists as answers to commands. It must never know what
 * the guest asked for.
 */
#include "tests/fuzz/pv_hca.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "host-backend/hca/cmdq.h"
#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/ifc/registers.h"
#include "host-backend/hca/iseg.h"
#include "host-backend/hca/opcodes.h"
#include "tests/fuzz/pv_bus.h"
#include "tests/fuzz/pv_umr.h"

enum {
	CAPS_AT = 0x10, OUT_NUMBER = 8,
	MODE_MTT = 1,
};

static struct {
	struct hca_transport t;
	uint32_t command, health;
	bool guests;			/* commands are the guest's */
	bool key_writable;		/* of the key that is being made */
	enum pv_hca_fault fault;
	uint32_t next[0x1000], first[0x1000];	/* by opcode: the next number, and at the beginning */
} h;

static void must(bool good)
{
	if (!good)
		abort();
}

/* --- transport ------------------------------------------------------------- */

static int config_read(struct hca_transport *t, unsigned int off, unsigned int len, uint32_t *value)
{
	(void)t;
	(void)len;
	*value = off == PCI_VENDOR_ID ? 0x101315b3 : off == PCI_CLASS_REVISION ? 0x02070000 :
		 off == PCI_COMMAND ? h.command : 0;
	return 0;
}

static int config_write(struct hca_transport *t, unsigned int off, unsigned int len, uint32_t value)
{
	(void)t;
	(void)len;
	if (off == PCI_COMMAND)
		h.command = value;
	return 0;
}

static uint32_t read32(struct hca_transport *t, uint64_t off)
{
	(void)t;
	switch (off) {
	case HCA_ISEG_CMDIF_FW_SUB:
		return HCA_CMDIF_REVISION << 16;
	case HCA_ISEG_CMDQ_L:
		return 0x56;
	case HCA_ISEG_HEALTH_COUNTER:
		return h.health++;
	default:
		return 0;
	}
}

static uint8_t read8(struct hca_transport *t, uint64_t off)
{
	(void)t;
	(void)off;
	return 0;
}

static void write32(struct hca_transport *t, uint64_t off, uint32_t value)
{
	(void)t;
	(void)off;
	(void)value;
}

static void write64(struct hca_transport *t, uint64_t off, uint32_t first, uint32_t second)
{
	enum pv_hca_fault fault = h.fault;

	(void)t;
	if (pv_umr_doorbell(off, first, second, fault))
		h.fault = PV_HCA_GOOD;
}

static int set_irq(struct hca_transport *t, unsigned int vector, int eventfd)
{
	(void)t;
	(void)vector;
	(void)eventfd;
	return 0;
}

static int reset(struct hca_transport *t)
{
	(void)t;
	h.command &= ~(uint32_t)PCI_COMMAND_MASTER;
	return 0;
}

static int bar_fd(struct hca_transport *t, int *fd, uint64_t *offset)
{
	(void)t;
	(void)fd;
	(void)offset;
	return -EOPNOTSUPP;
}

static unsigned int files(struct hca_transport *t, int fds[HCA_TRANSPORT_FILES])
{
	(void)t;
	(void)fds;
	return 0;
}

static void close_it(struct hca_transport *t)
{
	(void)t;
}

static const struct hca_transport_ops transport_ops = {
	.name = "paper", .config_read = config_read, .config_write = config_write,
	.read32 = read32, .write32 = write32, .write64 = write64, .read8 = read8,
	.set_irq = set_irq, .reset = reset, .bar_fd = bar_fd, .files = files, .close = close_it,
};

struct hca_transport *pv_hca_open(void)
{
	h.t = (struct hca_transport){
		.ops = &transport_ops, .device = (char *)(uintptr_t)"paper", .bar_size = 32 << 20,
		.n_vectors = 8, .domain = pv_bus_domain(),
	};
	return &h.t;
}

void pv_hca_begin(int ram_fd)
{
	h.guests = true;
	pv_bus_begin(ram_fd);
	memcpy(h.first, h.next, sizeof(h.first));
}

void pv_hca_reset_numbers(void)
{
	memcpy(h.next, h.first, sizeof(h.next));
}

void pv_hca_fail_next(enum pv_hca_fault how)
{
	h.fault = how;
}

/* --- what commands name ------------------------------------------------------ */

static void check_record(uint64_t iova)
{
	must(!(iova & 7) && pv_bus_mapped(iova, 8, IOMMU_READ));
}

static void check_mkey(const uint8_t *in, size_t ilen)
{
	const uint8_t *c = in + create_mkey_in__memory_key_mkey_entry__BYTE;
	const uint8_t *pas = in + create_mkey_in__klm_pas_mtt__BYTE;
	uint64_t start = ifc_get(c, mkc__start_addr), len = ifc_get(c, mkc__len);
	size_t n = (ilen - create_mkey_in__klm_pas_mtt__BYTE) / 8;
	unsigned int log = (unsigned int)ifc_get(c, mkc__log_page_size);
	uint64_t at = start & ((1ull << log) - 1);

	must(!ifc_get(c, mkc__length64) && !ifc_get(c, mkc__free) && !ifc_get(c, mkc__en_rinval));
	must(ifc_get(c, mkc__access_mode_1_0) == MODE_MTT && !ifc_get(c, mkc__access_mode_4_2));
	must(ifc_get(c, mkc__qpn) == 0xffffff);
	must(pv_bus_list_mapped(pas, n, log, at, len, IOMMU_READ));
	h.key_writable = pv_bus_list_mapped(pas, n, log, at, len, IOMMU_READ | IOMMU_WRITE);
	if (ifc_get(c, mkc__lw) || ifc_get(c, mkc__rw) || ifc_get(c, mkc__a))
		must(h.key_writable);
}

/* Of contexts that count their page's size from 4 KiB and have their offset in 64ths of it. */
static void check_ring(const uint8_t *in, size_t ilen, size_t pas, uint64_t log_page,
		       uint64_t offset, uint64_t bytes, unsigned int prot)
{
	unsigned int log = (unsigned int)log_page + 12;

	must(pv_bus_list_mapped(in + pas, (ilen - pas) / 8, log, offset << (log - 6), bytes, prot));
}

static void check_eq(const uint8_t *in, size_t ilen)
{
	const uint8_t *c = in + create_eq_in__eq_context_entry__BYTE;
	size_t i;

	for (i = 0; i < 32; i++)
		must(!in[create_eq_in__event_bitmask__BYTE + i]);
	must(ifc_get(c, eqc__intr) && ifc_get(c, eqc__uar_page) > 4);
	check_ring(in, ilen, create_eq_in__pas__BYTE, ifc_get(c, eqc__log_page_size),
		   ifc_get(c, eqc__page_offset), 64ull << ifc_get(c, eqc__log_eq_size),
		   IOMMU_READ | IOMMU_WRITE);
}

static void check_cq(const uint8_t *in, size_t ilen)
{
	const uint8_t *c = in + create_cq_in__cq_context__BYTE;

	check_record(ifc_get(c, cqc__dbr_addr));
	check_ring(in, ilen, create_cq_in__pas__BYTE, ifc_get(c, cqc__log_page_size),
		   ifc_get(c, cqc__page_offset),
		   (ifc_get(c, cqc__cqe_sz) ? 128ull : 64ull) << ifc_get(c, cqc__log_cq_size),
		   IOMMU_READ | IOMMU_WRITE);
}

/* The host's own queue pair has all rights, and is rung where no guest can. */
static void check_rights(const uint8_t *c)
{
	if (ifc_get(c, qpc__st) == PV_UMR_SERVICE)
		must(ifc_get(c, qpc__uar_page) == PV_HOST_UAR && ifc_get(c, qpc__fre));
	else
		must(!ifc_get(c, qpc__rlky) && !ifc_get(c, qpc__fre) && ifc_get(c, qpc__st) <= 3 &&
		     ifc_get(c, qpc__uar_page) != PV_HOST_UAR);
}

static void check_qp(const uint8_t *in, size_t ilen)
{
	const uint8_t *c = in + create_qp_in__qpc__BYTE;
	uint64_t bytes = 0;

	check_rights(c);
	if (ifc_get(c, qpc__rq_type) == 0)
		bytes += 1ull << (ifc_get(c, qpc__log_rq_size) + ifc_get(c, qpc__log_rq_stride) + 4);
	if (!ifc_get(c, qpc__no_sq))
		bytes += 64ull << ifc_get(c, qpc__log_sq_size);
	if (!bytes)
		return;
	check_record(ifc_get(c, qpc__dbr_addr));
	check_ring(in, ilen, create_qp_in__pas__BYTE, ifc_get(c, qpc__log_page_size),
		   ifc_get(c, qpc__page_offset), bytes, IOMMU_READ);
}

static void check_modify_qp(const uint8_t *in)
{
	const uint8_t *c = in + create_qp_in__qpc__BYTE;

	must(!ifc_get(c, qpc__rlky) && !ifc_get(c, qpc__fre));
}

/* What a guest can make the device say to the HCA, and nothing else. */
static void check(uint16_t opcode, const uint8_t *in, size_t ilen)
{
	switch (opcode) {
	case HCA_OP_CREATE_MKEY:
		check_mkey(in, ilen);
		break;
	case HCA_OP_CREATE_EQ:
		check_eq(in, ilen);
		break;
	case HCA_OP_CREATE_CQ:
		check_cq(in, ilen);
		break;
	case HCA_OP_CREATE_QP:
		check_qp(in, ilen);
		break;
	case HCA_OP_RST2INIT_QP: case HCA_OP_INIT2INIT_QP: case HCA_OP_INIT2RTR_QP:
	case HCA_OP_RTR2RTS_QP: case HCA_OP_RTS2RTS_QP: case HCA_OP_SQERR2RTS_QP:
		check_modify_qp(in);
		break;
	case HCA_OP_DESTROY_MKEY: case HCA_OP_DESTROY_EQ: case HCA_OP_DESTROY_CQ:
	case HCA_OP_MODIFY_CQ: case HCA_OP_DESTROY_QP: case HCA_OP_2ERR_QP: case HCA_OP_2RST_QP:
	case HCA_OP_QUERY_QP: case HCA_OP_CREATE_XRC_SRQ: case HCA_OP_DESTROY_XRC_SRQ:
	case HCA_OP_QUERY_XRC_SRQ: case HCA_OP_ARM_XRC_SRQ: case HCA_OP_QUERY_HCA_VPORT_CONTEXT:
	case HCA_OP_QUERY_HCA_VPORT_GID: case HCA_OP_QUERY_HCA_VPORT_PKEY: case HCA_OP_ALLOC_PD:
	case HCA_OP_DEALLOC_PD: case HCA_OP_ACCESS_REG: case HCA_OP_ATTACH_TO_MCG:
	case HCA_OP_DETACH_FROM_MCG: case HCA_OP_ALLOC_XRCD: case HCA_OP_DEALLOC_XRCD:
	case HCA_OP_CREATE_RMP: case HCA_OP_MODIFY_RMP: case HCA_OP_DESTROY_RMP:
	case HCA_OP_QUERY_RMP:
		break;
	default:
		abort();
	}
}

/* --- answers ----------------------------------------------------------------- */

static void fill_caps(uint8_t *c)
{
	ifc_set(c, cmd_hca_cap__log_max_srq_sz, 15);
	ifc_set(c, cmd_hca_cap__log_max_qp_sz, 15);
	ifc_set(c, cmd_hca_cap__log_max_qp, 17);
	ifc_set(c, cmd_hca_cap__log_max_srq, 16);
	ifc_set(c, cmd_hca_cap__log_max_cq_sz, 22);
	ifc_set(c, cmd_hca_cap__log_max_cq, 16);
	ifc_set(c, cmd_hca_cap__log_max_eq_sz, 22);
	ifc_set(c, cmd_hca_cap__log_max_mkey, 20);
	ifc_set(c, cmd_hca_cap__log_max_eq, 7);
	ifc_set(c, cmd_hca_cap__log_max_mrw_sz, 40);
	ifc_set(c, cmd_hca_cap__log_max_ra_req_qp, 4);
	ifc_set(c, cmd_hca_cap__log_max_ra_res_qp, 4);
	ifc_set(c, cmd_hca_cap__ib_virt, 1);
	ifc_set(c, cmd_hca_cap__num_ports, 1);
	ifc_set(c, cmd_hca_cap__log_max_msg, 30);
	ifc_set(c, cmd_hca_cap__cqe_version, 1);
	ifc_set(c, cmd_hca_cap__page_request_disable, 1);
	ifc_set(c, cmd_hca_cap__stat_rate_support, 0xffff);
	ifc_set(c, cmd_hca_cap__log_pg_sz, 12);
	ifc_set(c, cmd_hca_cap__num_of_uars_per_page, 1);
	ifc_set(c, cmd_hca_cap__cq_resize, 1);
	ifc_set(c, cmd_hca_cap__atomic, 1);
}

/* Numbers are small and come in order, so that an input can guess them. */
static uint32_t number_of(uint16_t opcode)
{
	uint32_t first = opcode == HCA_OP_ALLOC_UAR ? 4 : 1;

	return first + h.next[opcode & 0xfff]++;
}

/* What later work requests are checked by. */
static void remember(uint16_t opcode, const uint8_t *in, uint32_t number)
{
	const uint8_t *cq = in + create_cq_in__cq_context__BYTE;
	const uint8_t *qp = in + create_qp_in__qpc__BYTE;

	if (opcode == HCA_OP_CREATE_MKEY)
		pv_umr_key(number, h.key_writable);
	else if (opcode == HCA_OP_CREATE_CQ && ifc_get(cq, cqc__uar_page) == PV_HOST_UAR)
		pv_umr_cq(in, number);
	else if (opcode == HCA_OP_CREATE_QP && ifc_get(qp, qpc__st) == PV_UMR_SERVICE)
		pv_umr_qp(in, number);
}

static void answer(uint16_t opcode, const uint8_t *in, uint8_t *out, size_t olen)
{
	uint32_t number;

	switch (opcode) {
	case HCA_OP_QUERY_ISSI:
		ifc_set(out, query_issi_out__supported_issi_dw0, 2);
		break;
	case HCA_OP_QUERY_HCA_CAP:
		fill_caps(out + CAPS_AT);
		break;
	case HCA_OP_QUERY_HCA_VPORT_GID:
		ifc_set(out, query_hca_vport_gid_out__gids_num, 8);
		break;
	case HCA_OP_CREATE_EQ:
		out[OUT_NUMBER + 3] = (uint8_t)(1 + h.next[opcode]++ % 200);
		break;
	case HCA_OP_ALLOC_PD: case HCA_OP_ALLOC_UAR: case HCA_OP_ALLOC_XRCD: case HCA_OP_CREATE_CQ:
	case HCA_OP_CREATE_QP: case HCA_OP_CREATE_XRC_SRQ: case HCA_OP_CREATE_RMP:
	case HCA_OP_CREATE_MKEY:
		number = number_of(opcode) & 0xffffff;
		ifc_store32(out + OUT_NUMBER, number);
		remember(opcode, in, number);
		break;
	}
	(void)olen;
}

int __wrap_hca_cmdq_run(struct hca_cmdq *q, const void *in, size_t ilen, void *out, size_t olen,
			struct hca_cmd_error *error);

/* In place of the queue: no mailbox, no event, no wait. */
int __wrap_hca_cmdq_run(struct hca_cmdq *q, const void *in, size_t ilen, void *out, size_t olen,
			struct hca_cmd_error *error)
{
	enum pv_hca_fault fault = h.fault;
	uint16_t opcode = (uint16_t)ifc_get(in, cmd_in__opcode);

	(void)q;
	error->err = 0;
	h.fault = PV_HCA_GOOD;
	if (h.guests)
		check(opcode, in, ilen);
	if (olen)
		memset(out, 0, olen);
	if (fault == PV_HCA_REFUSES || fault == PV_HCA_SILENT)
		error->err = fault == PV_HCA_REFUSES ? -EREMOTEIO : -ETIMEDOUT;
	else if (olen && fault == PV_HCA_GOOD)
		answer(opcode, in, out, olen);
	else if (opcode == HCA_OP_CREATE_CQ || opcode == HCA_OP_CREATE_QP)
		pv_umr_forget();
	return error->err;
}
