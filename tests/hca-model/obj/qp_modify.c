// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the QP state machine: which command is legal when, and what it needs.
 * It must never know packets.
 */
#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/obj/counter.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/obj/qp_context.h"
#include "tests/hca-model/transport/transport.h"

static bool is_connected(const struct qp *qp)
{
	return qp->type == QP_RC || qp->type == QP_UC || qp->type == QP_XRC;
}

static enum cmd_status check_init(struct cmd *cmd, const uint8_t *c)
{
	const uint8_t *path = c + qpc__primary_address_path__BYTE;

	if (ifc_get(path, ads__pkey_index) >= PORT_PKEYS)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "P_Key index");
	if (ifc_get(path, ads__vhca_port_num) > 1)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "port number");
	return CMD_OK;
}

static enum cmd_status check_rtr(struct cmd *cmd, const struct qp *qp, const uint8_t *c)
{
	const uint8_t *path = c + qpc__primary_address_path__BYTE;
	uint32_t mtu = (uint32_t)ifc_get(c, qpc__mtu);

	if (mtu < 1 || mtu > 5)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "MTU");
	if (ifc_get(c, qpc__log_msg_max) > 30)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "message size");
	if (!is_connected(qp))
		return CMD_OK;
	if (128u << mtu > cmd->hca->port->mtu)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "MTU above the port's");
	if (ifc_get(path, ads__src_addr_index) >= PORT_GIDS)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "GID index");
	if (cmd->hca->strict && !ifc_get(path, ads__rlid) && !ifc_get(path, ads__grh))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no remote LID");
	if (1u << ifc_get(c, qpc__log_rra_max) > 16)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "responder depth");
	return CMD_OK;
}

static enum cmd_status check_rts(struct cmd *cmd, const uint8_t *c)
{
	if (1u << ifc_get(c, qpc__log_sra_max) > 16)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "initiator depth");
	return CMD_OK;
}

static enum cmd_status check_fields(struct cmd *cmd, const struct qp *qp,
				    const struct qp_transition *t, const uint8_t *c)
{
	switch (t->taken) {
	case QP_FIELDS_INIT:
		return check_init(cmd, c);
	case QP_FIELDS_RTR:
		return check_rtr(cmd, qp, c);
	case QP_FIELDS_RTS:
		return check_rts(cmd, c);
	default:
		return CMD_OK;
	}
}

/* A UMR QP gets its PD on the way to INIT. */
static enum cmd_status take_pd(struct cmd *cmd, struct qp *qp, const struct qp_transition *t,
			       const uint8_t *c)
{
	uint32_t pd = (uint32_t)ifc_get(c, qpc__pd);

	if (qp->type != QP_REG_UMR || t->taken != QP_FIELDS_INIT)
		return CMD_OK;
	if (!ref_get(&cmd->hca->obj.pd, pd))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such PD");
	ref_put(&cmd->hca->obj.pd, qp->pd);
	qp->pd = pd;
	ifc_set(qp->ctx, qpc__pd, pd);
	return CMD_OK;
}

enum cmd_status cmd_modify_qp(struct cmd *cmd)
{
	const struct qp_transition *t = qp_transition_find(cmd->opcode);
	struct qp *qp = qp_get(cmd->hca, (uint32_t)ifc_get(cmd->in, rst2init_qp_in__qpn));
	const uint8_t *c = cmd->in + rst2init_qp_in__qpc__BYTE;
	uint32_t optional = 0;
	enum cmd_status status;

	if (!qp)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such QP");
	if (!(t->from >> qp->state & 1))
		return CMD_REFUSE(cmd, CMD_BAD_QP_STATE, "illegal transition");
	if (t->to == QP_ERR || t->to == QP_RESET) {
		/* 2ERR and 2RST are short commands without a context. */
		qp_enter(qp, t->to);
		return CMD_OK;
	}
	if (cmd->in_len < rst2init_qp_in__qpc__BYTE + qpc__SIZE)
		return CMD_REFUSE(cmd, CMD_BAD_INPUT_LEN, "no context");
	optional = (uint32_t)ifc_get(cmd->in, rst2init_qp_in__opt_param_mask);
	if (optional & ~t->optional)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "optional parameter not of this transition");
	status = check_fields(cmd, qp, t, c);
	if (status)
		return status;
	status = (enum cmd_status)counter_switch(cmd, qp, t, c, optional);
	if (status)
		return status;
	status = take_pd(cmd, qp, t, c);
	if (status)
		return status;
	qp_context_merge(qp, c, t, optional);
	qp_decode(qp);
	if (t->taken == QP_FIELDS_RTR)
		transport_set_recv_psn(qp, (uint32_t)ifc_get(c, qpc__next_rcv_psn));
	if (t->taken == QP_FIELDS_RTS)
		transport_set_send_psn(qp, (uint32_t)ifc_get(c, qpc__next_send_psn));
	qp_enter(qp, t->to);
	return CMD_OK;
}
