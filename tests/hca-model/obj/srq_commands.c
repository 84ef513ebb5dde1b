// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on shared receive queues: SRQ, RMP and XRC SRQ, which
 * differ only in the layout of their contexts. It must never know what is
 * received.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/reach.h"
#include "tests/hca-model/obj/cq.h"
#include "tests/hca-model/obj/srq.h"

enum {
	WQ_LINKED_LIST = 0,		/* wq.wq_type */
	RMP_STATE_READY = 1,
	OP_ARM_XRC_SRQ = 0x708,
};

/* Where one kind's command and context keep things. */
struct srq_layout {
	uint16_t create, destroy, query;	/* opcodes */
	enum srq_kind kind;
	uint32_t context, pas;			/* bytes in the create command */
	uint32_t context_bytes;
	uint32_t query_context;			/* bytes in the query's output */
	uint32_t number;			/* field of all commands and answers */
	uint32_t size, stride, stride_base;	/* fields; log2 bytes = field + base */
	uint32_t page_size, page_offset, pd, lwm, dbr;
};

#define WQ(field) IFC(rmpc__wq__BYTE * 8 + IFC_BIT(field), IFC_WIDTH(field))

static const struct srq_layout layouts[] = {
	{ 0x700, 0x701, 0x702, SRQ_BASIC, create_srq_in__srq_context_entry__BYTE,
	  create_srq_in__pas__BYTE, srqc__SIZE, query_srq_out__srq_context_entry__BYTE,
	  create_srq_out__srqn, srqc__log_srq_size, srqc__log_rq_stride, 4,
	  srqc__log_page_size, srqc__page_offset, srqc__pd, srqc__lwm, srqc__dbr_addr },
	{ 0x90c, 0x90e, 0x90f, SRQ_RMP, create_rmp_in__ctx__BYTE,
	  create_rmp_in__ctx__BYTE + rmpc__wq__BYTE + wq__pas__BYTE, rmpc__SIZE,
	  query_rmp_out__rmp_context__BYTE, create_rmp_out__rmpn, WQ(wq__log_wq_sz),
	  WQ(wq__log_wq_stride), 0, WQ(wq__log_wq_pg_sz), WQ(wq__page_offset), WQ(wq__pd),
	  WQ(wq__lwm), WQ(wq__dbr_addr) },
	{ 0x705, 0x706, 0x707, SRQ_XRC, create_xrc_srq_in__xrc_srq_context_entry__BYTE,
	  create_xrc_srq_in__pas__BYTE, xrc_srqc__SIZE,
	  query_xrc_srq_out__xrc_srq_context_entry__BYTE, create_xrc_srq_out__xrc_srqn,
	  xrc_srqc__log_xrc_srq_size, xrc_srqc__log_rq_stride, 4, xrc_srqc__log_page_size,
	  xrc_srqc__page_offset, xrc_srqc__pd, xrc_srqc__lwm, srqc__dbr_addr },
};

static const struct srq_layout *layout_of(const struct cmd *cmd)
{
	unsigned int i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (cmd->opcode == layouts[i].create || cmd->opcode == layouts[i].destroy ||
		    cmd->opcode == layouts[i].query)
			return &layouts[i];
	return NULL;
}

static enum cmd_status srq_fill(struct cmd *cmd, const struct srq_layout *l, struct srq *srq)
{
	const uint8_t *c = srq->ctx;
	uint32_t log_page = (uint32_t)ifc_get(c, l->page_size) + 12;
	uint32_t log_stride = (uint32_t)ifc_get(c, l->stride) + l->stride_base;
	enum cmd_status status;

	srq->kind = l->kind;
	srq->log_size = (uint8_t)ifc_get(c, l->size);
	srq->log_stride = (uint8_t)log_stride;
	srq->pd = (uint32_t)ifc_get(c, l->pd);
	srq->lwm = (uint16_t)ifc_get(c, l->lwm);
	srq->dbr = ifc_get(c, l->dbr);
	if (l->kind == SRQ_RMP && ifc_get(c, WQ(wq__wq_type)) != WQ_LINKED_LIST)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "an RMP is a linked list");
	if (srq->log_size > ifc_get(cmd->hca->obj.cap_gen, cmd_hca_cap__log_max_srq_sz))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "SRQ too large");
	if (log_stride < 5 || log_stride > 11)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "WQE stride");
	if (srq->dbr & 7)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "doorbell record alignment");
	if (l->kind == SRQ_XRC) {
		srq->xrcd = (uint32_t)ifc_get(c, xrc_srqc__xrcd);
		srq->user_index = (uint32_t)ifc_get(c, xrc_srqc__user_index);
		srq->cq = cq_get(cmd->hca, (uint32_t)ifc_get(c, xrc_srqc__cqn));
		if (!srq->cq)
			return CMD_REFUSE(cmd, CMD_BAD_RES, "no such CQ");
	}
	if (pas_buf_init(&srq->buf, cmd->in + l->pas, cmd->in_len - l->pas, log_page,
			 pas_offset(ifc_get(c, l->page_offset), log_page),
			 1ull << (srq->log_size + srq->log_stride)))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "SRQ pages");
	status = reach_queue(cmd, &srq->buf, cmd->in + l->pas, VFU_DMA_READ);
	if (!status)
		status = reach_record(cmd, srq->dbr);
	if (status)
		pas_buf_fini(&srq->buf);
	return status;
}

static enum cmd_status srq_take_refs(struct cmd *cmd, struct srq *srq)
{
	struct objects *obj = &cmd->hca->obj;

	if (!ref_get(&obj->pd, srq->pd))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such PD");
	if (srq->kind == SRQ_XRC && !ref_get(&obj->xrcd, srq->xrcd)) {
		ref_put(&obj->pd, srq->pd);
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such XRC domain");
	}
	if (srq->cq)
		srq->cq->users++;
	return CMD_OK;
}

static void srq_put_refs(struct hca *hca, struct srq *srq)
{
	ref_put(&hca->obj.pd, srq->pd);
	if (srq->kind == SRQ_XRC)
		ref_put(&hca->obj.xrcd, srq->xrcd);
	if (srq->cq)
		srq->cq->users--;
}

enum cmd_status cmd_create_srq(struct cmd *cmd)
{
	const struct srq_layout *l = layout_of(cmd);
	struct srq *srq = calloc(1, sizeof(*srq));
	enum cmd_status status;

	if (!srq)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	memcpy(srq->ctx, cmd->in + l->context, l->context_bytes);
	status = srq_fill(cmd, l, srq);
	if (status)
		goto err_free;
	status = srq_take_refs(cmd, srq);
	if (status)
		goto err_buf;
	if (objtab_add(&cmd->hca->obj.srq, srq, &srq->srqn)) {
		status = CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no SRQ is free");
		goto err_refs;
	}
	ifc_set(cmd->out, l->number, srq->srqn);
	return CMD_OK;
err_refs:
	srq_put_refs(cmd->hca, srq);
err_buf:
	pas_buf_fini(&srq->buf);
err_free:
	free(srq);
	return status;
}

void srq_free(struct hca *hca, struct srq *srq)
{
	objtab_del(&hca->obj.srq, srq->srqn);
	srq_put_refs(hca, srq);
	pas_buf_fini(&srq->buf);
	free(srq);
}

static struct srq *srq_of_kind(struct cmd *cmd, uint32_t field, enum srq_kind kind)
{
	struct srq *srq = srq_get(cmd->hca, (uint32_t)ifc_get(cmd->in, field));

	return srq && srq->kind == kind ? srq : NULL;
}

enum cmd_status cmd_destroy_srq(struct cmd *cmd)
{
	const struct srq_layout *l = layout_of(cmd);
	struct srq *srq = srq_of_kind(cmd, l->number, l->kind);

	if (!srq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such SRQ");
	if (srq->users)
		return CMD_REFUSE(cmd, CMD_RES_BUSY, "QPs receive from it");
	srq_free(cmd->hca, srq);
	return CMD_OK;
}

enum cmd_status cmd_query_srq(struct cmd *cmd)
{
	const struct srq_layout *l = layout_of(cmd);
	struct srq *srq = srq_of_kind(cmd, l->number, l->kind);
	uint8_t *c = cmd->out + l->query_context;

	if (!srq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such SRQ");
	memcpy(c, srq->ctx, l->context_bytes);
	ifc_set(c, l->lwm, srq->lwm);
	if (l->kind == SRQ_RMP)
		ifc_set(c, rmpc__state, srq->error ? 3 : RMP_STATE_READY);
	else
		ifc_set(c, xrc_srqc__state, srq->error);
	return CMD_OK;
}

enum cmd_status cmd_arm_srq(struct cmd *cmd)
{
	bool xrc = cmd->opcode == OP_ARM_XRC_SRQ;
	struct srq *srq = srq_of_kind(cmd, arm_rq_in__srq_number, xrc ? SRQ_XRC : SRQ_BASIC);

	if (cmd->op_mod != 1)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "op_mod");
	if (!srq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such SRQ");
	srq->lwm = (uint16_t)ifc_get(cmd->in, arm_rq_in__lwm);
	return CMD_OK;
}

enum cmd_status cmd_modify_rmp(struct cmd *cmd)
{
	struct srq *srq = srq_of_kind(cmd, modify_rmp_in__rmpn, SRQ_RMP);
	const uint8_t *mask = cmd->in + IFC_BIT(modify_rmp_in__bitmask) / 8;
	const uint8_t *c = cmd->in + modify_rmp_in__ctx__BYTE;

	if (!srq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such RMP");
	if (ifc_get(cmd->in, modify_rmp_in__rmp_state) != RMP_STATE_READY ||
	    ifc_get(c, rmpc__state) != RMP_STATE_READY)
		return CMD_REFUSE(cmd, CMD_BAD_RES_STATE, "an RMP stays ready");
	if (ifc_get(mask, rmp_bitmask__lwm))
		srq->lwm = (uint16_t)ifc_get(c, WQ(wq__lwm));
	return CMD_OK;
}
