// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on CQs. It must never know what completes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/reach.h"
#include "tests/hca-model/obj/cq.h"
#include "tests/hca-model/obj/eq.h"
#include "tests/hca-model/obj/umem.h"

enum {		/* modify_field_select, Linux 6.12 include/linux/mlx5/cq.h */
	CQ_MODIFY_PERIOD = 1 << 0, CQ_MODIFY_COUNT = 1 << 1, CQ_MODIFY_OVERRUN = 1 << 2,
	CQ_MODIFY_PERIOD_MODE = 1 << 4,
	CQ_OPMOD_MODIFY = 0, CQ_OPMOD_RESIZE = 1,
};

static enum cmd_status cq_take_buffer(struct cmd *cmd, const uint8_t *c, uint8_t log_size,
				      uint32_t cqe_bytes, struct pas_buf *buf)
{
	uint64_t size = (uint64_t)cqe_bytes << log_size;
	uint32_t log_page = (uint32_t)ifc_get(c, cqc__log_page_size) + 12;
	const uint8_t *list = cmd->in + create_cq_in__pas__BYTE;
	enum cmd_status status;

	if (log_size > ifc_get(cmd->hca->obj.cap_gen, cmd_hca_cap__log_max_cq_sz))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "CQ too large");
	if (ifc_get(cmd->in, create_cq_in__cq_umem_valid)) {
		list = NULL;
		status = umem_buffer(cmd, (uint32_t)ifc_get(cmd->in, create_cq_in__cq_umem_id),
				     ifc_get(cmd->in, create_cq_in__cq_umem_offset), size, buf);
		if (status)
			return status;
	} else if (pas_buf_init(buf, list, cmd->in_len - create_cq_in__pas__BYTE, log_page,
				pas_offset(ifc_get(c, cqc__page_offset), log_page), size)) {
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "CQ pages");
	}
	status = reach_queue(cmd, buf, list, VFU_DMA_WRITE);
	if (status)
		pas_buf_fini(buf);
	return status;
}

static enum cmd_status cq_fill(struct cmd *cmd, struct cq *cq)
{
	const uint8_t *c = cq->ctx;
	uint8_t cqe_sz = (uint8_t)ifc_get(c, cqc__cqe_sz);
	enum cmd_status status;
	struct eq *eq;

	cq->hca = cmd->hca;
	cq->eqn = (uint32_t)ifc_get(c, cqc__c_eqn_or_apu_element) & 0xff;
	cq->uar = (uint32_t)ifc_get(c, cqc__uar_page);
	cq->log_size = (uint8_t)ifc_get(c, cqc__log_cq_size);
	cq->cqe_bytes = cqe_sz ? 128 : 64;
	cq->ignore_overrun = ifc_get(c, cqc__oi);
	cq->period_us = (uint16_t)ifc_get(c, cqc__cq_period);
	cq->max_count = (uint16_t)ifc_get(c, cqc__cq_max_count);
	if (cqe_sz > 2)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "CQE size");
	if (ifc_get(c, cqc__cqe_comp_en))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "CQE compression is not offered");
	if (!objtab_get(&cmd->hca->obj.uar, cq->uar))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such UAR page");
	eq = eq_get(cmd->hca, cq->eqn);
	if (!eq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such EQ");
	status = umem_dbr(cmd, ifc_get(c, cqc__dbr_umem_valid),
			  (uint32_t)ifc_get(c, cqc__dbr_umem_id), ifc_get(c, cqc__dbr_addr),
			  &cq->dbr);
	if (status)
		return status;
	status = cq_take_buffer(cmd, c, cq->log_size, cq->cqe_bytes, &cq->buf);
	if (status)
		return status;
	eq->cqs++;
	return CMD_OK;
}

enum cmd_status cmd_create_cq(struct cmd *cmd)
{
	struct cq *cq = calloc(1, sizeof(*cq));
	enum cmd_status status;

	if (!cq)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	memcpy(cq->ctx, cmd->in + create_cq_in__cq_context__BYTE, cqc__SIZE);
	status = cq_fill(cmd, cq);
	if (status)
		goto err_free;
	if (objtab_add(&cmd->hca->obj.cq, cq, &cq->cqn)) {
		status = CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no CQ is free");
		goto err_fill;
	}
	ifc_set(cmd->out, create_cq_out__cqn, cq->cqn);
	return CMD_OK;
err_fill:
	eq_get(cmd->hca, cq->eqn)->cqs--;
	pas_buf_fini(&cq->buf);
err_free:
	free(cq);
	return status;
}

void cq_free(struct hca *hca, struct cq *cq)
{
	struct eq *eq = eq_get(hca, cq->eqn);

	objtab_del(&hca->obj.cq, cq->cqn);
	if (eq)
		eq->cqs--;
	if (cq->timer)
		event_free(cq->timer);
	pas_buf_fini(&cq->buf);
	free(cq);
}

enum cmd_status cmd_destroy_cq(struct cmd *cmd)
{
	struct cq *cq = cq_get(cmd->hca, (uint32_t)ifc_get(cmd->in, destroy_cq_in__cqn));

	if (!cq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such CQ");
	if (cq->users)
		return CMD_REFUSE(cmd, CMD_RES_BUSY, "queue pairs complete here");
	cq_free(cmd->hca, cq);
	return CMD_OK;
}

enum cmd_status cmd_query_cq(struct cmd *cmd)
{
	const struct cq *cq = cq_get(cmd->hca, (uint32_t)ifc_get(cmd->in, query_cq_in__cqn));
	uint8_t *c = cmd->out + query_cq_out__cq_context__BYTE;

	if (!cq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such CQ");
	memcpy(c, cq->ctx, cqc__SIZE);
	ifc_set(c, cqc__status, cq->error ? 0xa : 0);
	ifc_set(c, cqc__st, cq->armed ? 9 : cq->armed_solicited ? 6 : 0xa);
	ifc_set(c, cqc__log_cq_size, cq->log_size);
	ifc_set(c, cqc__consumer_counter, cq->ci);
	ifc_set(c, cqc__producer_counter, cq->pi);
	ifc_set(c, cqc__last_notified_index, cq->notified);
	ifc_set(c, cqc__last_solicit_index, cq->last_solicited);
	return CMD_OK;
}

static enum cmd_status cq_resize(struct cmd *cmd, struct cq *cq, const uint8_t *c)
{
	uint8_t log_size = (uint8_t)ifc_get(c, cqc__log_cq_size);
	enum cmd_status status;
	struct pas_buf buf;
	int ret;

	status = cq_take_buffer(cmd, c, log_size, cq->cqe_bytes, &buf);
	if (status)
		return status;
	ret = cq_switch_buffer(cmd->hca, cq, &buf, log_size);
	if (ret) {
		pas_buf_fini(&buf);
		if (ret == -ENOSPC)
			return CMD_REFUSE(cmd, CMD_BAD_SIZE_OUTS_CQES,
					  "more completions wait than fit");
		return CMD_REFUSE(cmd, CMD_BAD_RES_STATE, "the old ring cannot be written");
	}
	return CMD_OK;
}

enum cmd_status cmd_modify_cq(struct cmd *cmd)
{
	struct cq *cq = cq_get(cmd->hca, (uint32_t)ifc_get(cmd->in, modify_cq_in__cqn));
	const uint8_t *c = cmd->in + modify_cq_in__cq_context__BYTE;
	uint32_t select = (uint32_t)ifc_get(cmd->in,
				modify_cq_in__modify_field_select_resize_field_select);

	if (!cq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such CQ");
	if (cmd->op_mod == CQ_OPMOD_RESIZE)
		return cq_resize(cmd, cq, c);
	if (cmd->op_mod != CQ_OPMOD_MODIFY)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "op_mod");
	if (select & ~(uint32_t)(CQ_MODIFY_PERIOD | CQ_MODIFY_COUNT | CQ_MODIFY_OVERRUN |
				 CQ_MODIFY_PERIOD_MODE))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "unknown field");
	if (select & CQ_MODIFY_PERIOD)
		cq->period_us = (uint16_t)ifc_get(c, cqc__cq_period);
	if (select & CQ_MODIFY_COUNT)
		cq->max_count = (uint16_t)ifc_get(c, cqc__cq_max_count);
	if (select & CQ_MODIFY_OVERRUN)
		cq->ignore_overrun = ifc_get(c, cqc__oi);
	ifc_set(cq->ctx, cqc__cq_period, cq->period_us);
	ifc_set(cq->ctx, cqc__cq_max_count, cq->max_count);
	ifc_set(cq->ctx, cqc__oi, cq->ignore_overrun);
	return CMD_OK;
}
