// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the merging and decoding of QP contexts. It must never know how a QP
 * works. Source: Linux 6.12 drivers/infiniband/hw/mlx5/qp.c (opt_mask, the
 * fields __mlx5_ib_modify_qp sets), IBA volume 1, 10.3.1 and 11.2.5.2.
 */
#include "tests/hca-model/obj/qp_context.h"

#include <string.h>

#include "host-backend/hca/ifc/contexts.h"
#include "tests/hca-model/hca.h"

enum {		/* opt_param_mask, include/linux/mlx5/qp.h */
	OPT_ALT_PATH = 1 << 0, OPT_RRE = 1 << 1, OPT_RAE = 1 << 2, OPT_RWE = 1 << 3,
	OPT_PKEY_INDEX = 1 << 4, OPT_Q_KEY = 1 << 5, OPT_RNR_TIMEOUT = 1 << 6,
	OPT_PRIMARY_PATH = 1 << 7, OPT_SRA_MAX = 1 << 8, OPT_RRA_MAX = 1 << 9,
	OPT_PM_STATE = 1 << 10, OPT_RETRY_COUNT = 1 << 12, OPT_RNR_RETRY = 1 << 13,
	OPT_ACK_TIMEOUT = 1 << 14, OPT_LAG_TX_AFF = 1 << 15, OPT_PRI_PORT = 1 << 16,
	OPT_COUNTER_SET_ID = 1 << 25,
	OPT_ACCESS = OPT_RRE | OPT_RAE | OPT_RWE,
};

#define FROM(state) (1u << (state))
#define ANY_STATE 0xffffu

/* qpc fields that live in the primary address path. */
#define PATH(field) IFC(qpc__primary_address_path__BYTE * 8 + IFC_BIT(field), IFC_WIDTH(field))

static const struct qp_transition transitions[] = {
	{ 0x502, FROM(QP_RESET), QP_INIT, OPT_ACCESS | OPT_PKEY_INDEX | OPT_Q_KEY | OPT_PRI_PORT,
	  QP_FIELDS_INIT },
	{ 0x50e, FROM(QP_INIT), QP_INIT,
	  OPT_ACCESS | OPT_PKEY_INDEX | OPT_Q_KEY | OPT_PRI_PORT | OPT_LAG_TX_AFF |
	  OPT_COUNTER_SET_ID, QP_FIELDS_NONE },
	{ 0x503, FROM(QP_INIT), QP_RTR,
	  OPT_ALT_PATH | OPT_ACCESS | OPT_PKEY_INDEX | OPT_Q_KEY | OPT_LAG_TX_AFF,
	  QP_FIELDS_RTR },
	{ 0x504, FROM(QP_RTR), QP_RTS,
	  OPT_ALT_PATH | OPT_ACCESS | OPT_PM_STATE | OPT_RNR_TIMEOUT | OPT_Q_KEY,
	  QP_FIELDS_RTS },
	{ 0x505, FROM(QP_RTS), QP_RTS,
	  OPT_ALT_PATH | OPT_ACCESS | OPT_RNR_TIMEOUT | OPT_PM_STATE | OPT_Q_KEY |
	  OPT_COUNTER_SET_ID, QP_FIELDS_NONE },
	{ 0x506, FROM(QP_SQER), QP_RTS, OPT_Q_KEY | OPT_ACCESS | OPT_RNR_TIMEOUT,
	  QP_FIELDS_NONE },
	{ 0x507, ANY_STATE, QP_ERR, 0, QP_FIELDS_NONE },
	{ 0x50a, ANY_STATE, QP_RESET, 0, QP_FIELDS_NONE },
	{ 0x50c, FROM(QP_SQD), QP_RTS, OPT_Q_KEY | OPT_ACCESS | OPT_RNR_TIMEOUT, QP_FIELDS_NONE },
};

static const uint32_t init_fields[] = {
	PATH(ads__pkey_index), PATH(ads__vhca_port_num), qpc__q_key, qpc__rre, qpc__rwe,
	qpc__rae, qpc__atomic_mode, qpc__counter_set_id, qpc__pm_state,
};

static const uint32_t rtr_fields[] = {
	PATH(ads__fl), PATH(ads__grh), PATH(ads__mlid), PATH(ads__rlid),
	PATH(ads__src_addr_index), PATH(ads__stat_rate), PATH(ads__hop_limit),
	PATH(ads__tclass), PATH(ads__flow_label), PATH(ads__sl), qpc__mtu, qpc__log_msg_max,
	qpc__remote_qpn, qpc__next_rcv_psn, qpc__log_rra_max, qpc__min_rnr_nak,
};

static const uint32_t rts_fields[] = {
	PATH(ads__ack_timeout), qpc__next_send_psn, qpc__retry_count, qpc__rnr_retry,
	qpc__log_sra_max, qpc__log_ack_req_freq,
};

static const struct {
	uint32_t option, field;
} optional_fields[] = {
	{ OPT_RRE, qpc__rre }, { OPT_RWE, qpc__rwe }, { OPT_RAE, qpc__rae },
	{ OPT_RAE, qpc__atomic_mode }, { OPT_PKEY_INDEX, PATH(ads__pkey_index) },
	{ OPT_PRI_PORT, PATH(ads__vhca_port_num) }, { OPT_Q_KEY, qpc__q_key },
	{ OPT_RNR_TIMEOUT, qpc__min_rnr_nak }, { OPT_PM_STATE, qpc__pm_state },
	{ OPT_COUNTER_SET_ID, qpc__counter_set_id },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct qp_transition *qp_transition_find(uint16_t opcode)
{
	unsigned int i;

	for (i = 0; i < COUNT(transitions); i++)
		if (transitions[i].opcode == opcode)
			return &transitions[i];
	return NULL;
}

static void copy_field(struct qp *qp, const uint8_t *from, uint32_t field)
{
	ifc_set(qp->ctx, field, ifc_get(from, field));
}

static void copy_fields(struct qp *qp, const uint8_t *from, const uint32_t *fields, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		copy_field(qp, from, fields[i]);
}

void qp_context_merge(struct qp *qp, const uint8_t *from, const struct qp_transition *t,
		      uint32_t optional)
{
	const uint32_t gid = qpc__primary_address_path__BYTE + ads__rgid_rip__BYTE;
	unsigned int i;

	switch (t->taken) {
	case QP_FIELDS_INIT:
		copy_fields(qp, from, init_fields, COUNT(init_fields));
		/* Only the kernel's QPs carry it; a later command cannot take it back. */
		if (ifc_get(from, qpc__rlky))
			ifc_set(qp->ctx, qpc__rlky, 1);
		break;
	case QP_FIELDS_RTR:
		copy_fields(qp, from, rtr_fields, COUNT(rtr_fields));
		memcpy(qp->ctx + gid, from + gid, 16);
		break;
	case QP_FIELDS_RTS:
		copy_fields(qp, from, rts_fields, COUNT(rts_fields));
		break;
	default:
		break;
	}
	for (i = 0; i < COUNT(optional_fields); i++)
		if (optional & optional_fields[i].option)
			copy_field(qp, from, optional_fields[i].field);
	if (optional & OPT_ALT_PATH)
		memcpy(qp->ctx + qpc__secondary_address_path__BYTE,
		       from + qpc__secondary_address_path__BYTE, ads__SIZE);
}

static void path_decode(struct qp_path *path, const uint8_t *c)
{
	path->pkey_index = (uint16_t)ifc_get(c, ads__pkey_index);
	path->grh = ifc_get(c, ads__grh);
	path->path_bits = (uint8_t)ifc_get(c, ads__mlid);
	path->dlid = (uint16_t)ifc_get(c, ads__rlid);
	path->ack_timeout = (uint8_t)ifc_get(c, ads__ack_timeout);
	path->sgid_index = (uint8_t)ifc_get(c, ads__src_addr_index);
	path->hop_limit = (uint8_t)ifc_get(c, ads__hop_limit);
	path->tclass = (uint8_t)ifc_get(c, ads__tclass);
	path->flow_label = (uint32_t)ifc_get(c, ads__flow_label);
	path->sl = (uint8_t)ifc_get(c, ads__sl);
	memcpy(path->dgid, c + ads__rgid_rip__BYTE, 16);
}

void qp_decode(struct qp *qp)
{
	const uint8_t *c = qp->ctx;
	uint32_t mtu = (uint32_t)ifc_get(c, qpc__mtu);

	path_decode(&qp->path, c + qpc__primary_address_path__BYTE);
	qp->user_index = (uint32_t)ifc_get(c, qpc__user_index);
	qp->fre = ifc_get(c, qpc__fre);
	qp->rlky = ifc_get(c, qpc__rlky);
	qp->mtu = mtu >= 1 && mtu <= 5 ? 128u << mtu : 256;
	if (qp->type == QP_UD || qp->type == QP_QP0 || qp->type == QP_QP1)
		qp->mtu = qp->hca->port->mtu;
	qp->log_msg_max = (uint8_t)ifc_get(c, qpc__log_msg_max);
	qp->remote_qpn = (uint32_t)ifc_get(c, qpc__remote_qpn);
	qp->qkey = (uint32_t)ifc_get(c, qpc__q_key);
	qp->retry_count = (uint8_t)ifc_get(c, qpc__retry_count);
	qp->rnr_retry = (uint8_t)ifc_get(c, qpc__rnr_retry);
	qp->min_rnr_nak = (uint8_t)ifc_get(c, qpc__min_rnr_nak);
	qp->max_initiator = 1u << ifc_get(c, qpc__log_sra_max);
	qp->max_responder = 1u << ifc_get(c, qpc__log_rra_max);
	qp->rre = ifc_get(c, qpc__rre);
	qp->rwe = ifc_get(c, qpc__rwe);
	qp->rae = ifc_get(c, qpc__rae);
	qp->atomic_mode = (uint8_t)ifc_get(c, qpc__atomic_mode);
}
