// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the paper HCA's part in changes of keys. It must never know what the guest
 * asked for.
 */
#include "tests/fuzz/pv_umr.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/fuzz/pv_bus.h"

enum { KEYS = 256 };

#define MASK_MAY (UMR_MASK_LR | UMR_MASK_LW | UMR_MASK_RR | UMR_MASK_RW | UMR_MASK_A | UMR_MASK_PD)

struct request {
	struct wqe_ctrl ctrl;
	struct wqe_umr_ctrl umr;
	uint8_t mkey[mkc__SIZE];
};

static struct {
	uint32_t cqn, qpn;		/* the newest */
	uint64_t cq, sq;
	unsigned int log_cq, log_sq;
	uint32_t completions;
	bool served;
	bool writable[KEYS];
} u;

static void must(bool good)
{
	if (!good)
		abort();
}

void pv_umr_cq(const uint8_t *in, uint32_t cqn)
{
	const uint8_t *c = in + create_cq_in__cq_context__BYTE;

	must(!ifc_get(c, cqc__page_offset) && !ifc_get(c, cqc__log_page_size));
	u.cqn = cqn;
	u.cq = ifc_load64(in + create_cq_in__pas__BYTE);
	u.log_cq = (unsigned int)ifc_get(c, cqc__log_cq_size);
	u.completions = 0;
	u.served = true;
}

void pv_umr_qp(const uint8_t *in, uint32_t qpn)
{
	const uint8_t *c = in + create_qp_in__qpc__BYTE;

	must(!u.served || ifc_get(c, qpc__cqn_snd) == u.cqn);
	must(!ifc_get(c, qpc__page_offset) && !ifc_get(c, qpc__log_page_size));
	u.qpn = qpn;
	u.sq = ifc_load64(in + create_qp_in__pas__BYTE);
	u.log_sq = (unsigned int)ifc_get(c, qpc__log_sq_size);
}

void pv_umr_forget(void)
{
	u.served = false;
}

void pv_umr_key(uint32_t index, bool writable)
{
	must(index < KEYS);
	u.writable[index] = writable;
}

/* Nothing but rights and the domain, of a key in use, and no right that the mapping has not. */
static void check(const struct request *r)
{
	uint32_t key = be32toh(r->ctrl.imm);

	must((be32toh(r->ctrl.opmod_idx_opcode) & 0xff) == WQE_UMR);
	must((be32toh(r->ctrl.qpn_ds) & WQE_CTRL_DS_MASK) == sizeof(*r) / WQE_DS);
	must(r->umr.flags == (UMR_INLINE | UMR_CHECK_FREE) && !r->umr.xlt_octowords);
	must(!(be64toh(r->umr.mkey_mask) & ~MASK_MAY));
	must(key >> 8 < KEYS && ifc_get(r->mkey, mkc__mkey_7_0) == (key & 0xff));
	must(!ifc_get(r->mkey, mkc__length64) && !ifc_get(r->mkey, mkc__free));
	if (ifc_get(r->mkey, mkc__lw) || ifc_get(r->mkey, mkc__rw) || ifc_get(r->mkey, mkc__a))
		must(u.writable[key >> 8]);
}

static void complete(const struct request *r, enum pv_hca_fault fault)
{
	uint8_t opcode = fault == PV_HCA_GOOD ? CQE_REQ :
			 fault == PV_HCA_REFUSES ? CQE_REQ_ERR : CQE_RESP_SEND;
	struct cqe64 cqe = {
		.sop_drop_qpn = htobe32(u.qpn),
		.wqe_counter = htobe16((uint16_t)(be32toh(r->ctrl.opmod_idx_opcode) >> 8)),
		.op_own = (uint8_t)(opcode << 4 | (u.completions >> u.log_cq & 1)),
	};
	uint64_t at = u.cq + (u.completions++ & ((1u << u.log_cq) - 1)) * sizeof(cqe);

	if (fault != PV_HCA_SILENT)
		pv_bus_write(at, &cqe, sizeof(cqe));
}

bool pv_umr_doorbell(uint64_t off, uint32_t first, uint32_t second, enum pv_hca_fault fault)
{
	uint32_t index = first >> 8 & ((1u << u.log_sq) - 1);
	struct request r;

	if (off != (uint64_t)PV_HOST_UAR * UAR_PAGE_SIZE + UAR_BF)
		return false;
	if (!u.served)
		return true;
	must(second >> 8 == u.qpn);
	pv_bus_read(u.sq + (uint64_t)index * WQE_BB, &r, sizeof(r));
	must(be32toh(r.ctrl.opmod_idx_opcode) == first && be32toh(r.ctrl.qpn_ds) == second);
	check(&r);
	complete(&r, fault);
	return true;
}
