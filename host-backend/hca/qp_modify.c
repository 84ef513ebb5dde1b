// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the transitions of queue pairs: which values each takes. Must never know
 * rings. Source: Linux 6.12 drivers/infiniband/hw/mlx5/qp.c (opt_mask,
 * __mlx5_ib_modify_qp); IBA volume 1, 11.2.5.2.
 */
#include <errno.h>
#include <string.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/qp_private.h"

enum {
	LOG_ACK_REQ_FREQ = 8,		/* as the Linux driver: every 256 packets */
	LOG_MSG_DATAGRAM = 12, LOG_MSG_SPECIAL = 8,
	PSN_MAX = 0xffffff, QPN_MAX = 0xffffff, FLOW_LABEL_MAX = 0xfffff,
	KINDS = 3,			/* of QPs, as far as options go */
};

_Static_assert((int)rst2init_qp_in__SIZE == (int)create_qp_in__SIZE &&
	       (int)rst2init_qp_in__qpc__BYTE == (int)create_qp_in__qpc__BYTE,
	       "one layout carries all contexts");

static bool is_datagram(enum hca_qp_type type)
{
	return type == HCA_QP_UD || hca_qp_is_special(type);
}

/* Options per transition: of RC and XRC, of UC, of UD. Special QPs have none. */
static const struct {
	enum hca_qp_verb verb;
	uint32_t options[KINDS];
} verbs[] = {
#define RELIABLE(more) (HCA_QP_OPT_ACCESS | (more))
#define UNRELIABLE(more) (HCA_QP_OPT_REMOTE_WRITE | (more))
	{ HCA_QP_RST2INIT, { 0, 0, 0 } },
	{ HCA_QP_INIT2INIT, { RELIABLE(HCA_QP_OPT_PKEY_INDEX | HCA_QP_OPT_PORT),
			      UNRELIABLE(HCA_QP_OPT_PKEY_INDEX | HCA_QP_OPT_PORT),
			      HCA_QP_OPT_PKEY_INDEX | HCA_QP_OPT_QKEY | HCA_QP_OPT_PORT } },
	{ HCA_QP_INIT2RTR, { RELIABLE(HCA_QP_OPT_PKEY_INDEX), UNRELIABLE(HCA_QP_OPT_PKEY_INDEX),
			     HCA_QP_OPT_PKEY_INDEX | HCA_QP_OPT_QKEY } },
	{ HCA_QP_RTR2RTS, { RELIABLE(HCA_QP_OPT_RNR_TIMER), UNRELIABLE(0), HCA_QP_OPT_QKEY } },
	{ HCA_QP_RTS2RTS, { RELIABLE(HCA_QP_OPT_RNR_TIMER | HCA_QP_OPT_COUNTER_SET),
			    UNRELIABLE(HCA_QP_OPT_COUNTER_SET),
			    HCA_QP_OPT_QKEY | HCA_QP_OPT_COUNTER_SET } },
	{ HCA_QP_SQERR2RTS, { RELIABLE(HCA_QP_OPT_RNR_TIMER), UNRELIABLE(0), HCA_QP_OPT_QKEY } },
	{ HCA_QP_2ERR, { 0, 0, 0 } },
	{ HCA_QP_2RST, { 0, 0, 0 } },
#undef RELIABLE
#undef UNRELIABLE
};

/* Row of the table, -1: no such transition. */
static int verb_index(enum hca_qp_verb verb)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].verb == verb)
			return (int)i;
	return -1;
}

uint32_t hca_qp_opt_allowed(enum hca_qp_type type, enum hca_qp_verb verb)
{
	int i = verb_index(verb);

	if (i < 0 || hca_qp_is_special(type))
		return 0;
	return verbs[i].options[type == HCA_QP_UC ? 1 : type == HCA_QP_UD ? 2 : 0];
}

static bool path_sane(const struct hca_qp_path *path)
{
	return path->sl <= 15 && path->path_bits <= 127 && path->static_rate <= 15 &&
	       path->ack_timeout <= 31 && path->flow_label <= FLOW_LABEL_MAX;
}

static bool change_sane(const struct hca_qp_change *ch)
{
	return path_sane(&ch->path) && ch->mtu <= HCA_MTU_4096 && ch->remote_qpn <= QPN_MAX &&
	       ch->recv_psn <= PSN_MAX && ch->send_psn <= PSN_MAX && ch->log_responder <= 7 &&
	       ch->log_initiator <= 7 && ch->rnr_timer <= 31 && ch->retries <= 7 &&
	       ch->rnr_retries <= 7;
}

/* The part of the path that says where to. */
static void fill_address(uint8_t *c, const struct hca_qp_path *path)
{
	ifc_set(c, ads__fl, path->force_loopback);
	ifc_set(c, ads__mlid, path->path_bits);
	ifc_set(c, ads__rlid, path->dlid);
	ifc_set(c, ads__sl, path->sl);
	ifc_set(c, ads__stat_rate, path->static_rate);
	ifc_set(c, ads__grh, path->grh);
	if (!path->grh)
		return;
	ifc_set(c, ads__src_addr_index, path->sgid_index);
	ifc_set(c, ads__hop_limit, path->hop_limit);
	ifc_set(c, ads__tclass, path->traffic_class);
	ifc_set(c, ads__flow_label, path->flow_label);
	memcpy(c + ads__rgid_rip__BYTE, path->dgid, sizeof(path->dgid));
}

/* Values that every modify command repeats. */
static void fill_common(uint8_t *c, const struct hca_defaults *defaults,
			const struct hca_qp_attr *attr)
{
	ifc_set(c, qpc__st, (uint64_t)hca_qp_service(attr->type));
	ifc_set(c, qpc__pm_state, QP_PM_MIGRATED);
	ifc_set(c, qpc__pd, hca_qp_pd(attr, defaults));
	if (attr->type != HCA_QP_XRC_TGT)
		ifc_set(c, qpc__cqn_snd, attr->send_cqn);
	if (!hca_qp_is_xrc(attr->type))
		ifc_set(c, qpc__cqn_rcv, attr->recv_cqn);
	ifc_set(c, qpc__log_ack_req_freq, LOG_ACK_REQ_FREQ);
	if (hca_qp_is_special(attr->type)) {
		ifc_set(c, qpc__mtu, HCA_MTU_256);
		ifc_set(c, qpc__log_msg_max, LOG_MSG_SPECIAL);
	} else if (attr->type == HCA_QP_UD) {
		ifc_set(c, qpc__mtu, HCA_MTU_4096);
		ifc_set(c, qpc__log_msg_max, LOG_MSG_DATAGRAM);
	}
}

static void fill_access(uint8_t *c, const struct hca_qp_change *ch)
{
	ifc_set(c, qpc__rre, ch->remote_read);
	ifc_set(c, qpc__rwe, ch->remote_write);
	ifc_set(c, qpc__rae, ch->remote_atomic);
	ifc_set(c, qpc__atomic_mode, ch->remote_atomic ? QP_ATOMIC_IB : 0);
}

static void fill_init(uint8_t *c, const struct hca_qp_attr *attr, const struct hca_qp_change *ch)
{
	uint8_t *path = c + qpc__primary_address_path__BYTE;

	ifc_set(path, ads__vhca_port_num, ch->path.port);
	ifc_set(path, ads__pkey_index, ch->path.pkey_index);
	ifc_set(c, qpc__counter_set_id, ch->counter_set);
	if (attr->has_rq)
		ifc_set(c, qpc__dbr_addr, attr->dbr_iova);
	if (is_datagram(attr->type))
		ifc_set(c, qpc__q_key, ch->qkey);
	else
		fill_access(c, ch);
}

static void fill_rtr(uint8_t *c, struct hca *hca, const struct hca_qp_attr *attr,
		     const struct hca_qp_change *ch)
{
	uint8_t *path = c + qpc__primary_address_path__BYTE;

	ifc_set(path, ads__vhca_port_num, ch->path.port);
	if (is_datagram(attr->type))
		return;
	fill_address(path, &ch->path);
	ifc_set(c, qpc__mtu, ch->mtu);
	ifc_set(c, qpc__log_msg_max, ifc_get(hca_caps(hca), cmd_hca_cap__log_max_msg));
	ifc_set(c, qpc__remote_qpn, ch->remote_qpn);
	ifc_set(c, qpc__next_rcv_psn, ch->recv_psn);
	if (attr->type == HCA_QP_UC)
		return;
	ifc_set(c, qpc__log_rra_max, ch->log_responder);
	ifc_set(c, qpc__min_rnr_nak, ch->rnr_timer);
}

static void fill_rts(uint8_t *c, const struct hca_qp_attr *attr, const struct hca_qp_change *ch)
{
	ifc_set(c, qpc__next_send_psn, ch->send_psn);
	if (is_datagram(attr->type) || attr->type == HCA_QP_UC)
		return;
	ifc_set(c + qpc__primary_address_path__BYTE, ads__ack_timeout, ch->path.ack_timeout);
	ifc_set(c, qpc__retry_count, ch->retries);
	ifc_set(c, qpc__rnr_retry, ch->rnr_retries);
	ifc_set(c, qpc__log_sra_max, ch->log_initiator);
}

static void fill_options(uint8_t *c, const struct hca_qp_change *ch)
{
	uint8_t *path = c + qpc__primary_address_path__BYTE;

	if (ch->opt & HCA_QP_OPT_ACCESS)
		fill_access(c, ch);
	if (ch->opt & HCA_QP_OPT_PKEY_INDEX)
		ifc_set(path, ads__pkey_index, ch->path.pkey_index);
	if (ch->opt & HCA_QP_OPT_PORT)
		ifc_set(path, ads__vhca_port_num, ch->path.port);
	if (ch->opt & HCA_QP_OPT_QKEY)
		ifc_set(c, qpc__q_key, ch->qkey);
	if (ch->opt & HCA_QP_OPT_RNR_TIMER)
		ifc_set(c, qpc__min_rnr_nak, ch->rnr_timer);
	if (ch->opt & HCA_QP_OPT_COUNTER_SET)
		ifc_set(c, qpc__counter_set_id, ch->counter_set);
}

int hca_qp_modify(struct hca *hca, const struct hca_defaults *defaults, uint32_t qpn,
		  const struct hca_qp_attr *attr, enum hca_qp_verb verb,
		  const struct hca_qp_change *change)
{
	uint8_t in[rst2init_qp_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };
	uint8_t *c = in + rst2init_qp_in__qpc__BYTE;

	if (verb == HCA_QP_2ERR || verb == HCA_QP_2RST)
		return hca_cmd_simple(hca, (uint16_t)verb, 0, qpn);
	if (verb_index(verb) < 0 || hca_qp_service(attr->type) < 0 || !change_sane(change) ||
	    change->opt & ~hca_qp_opt_allowed(attr->type, verb))
		return -EINVAL;
	if (verb == HCA_QP_INIT2RTR && !is_datagram(attr->type) && !change->mtu)
		return -EINVAL;
	hca_object_head(in, (enum hca_opcode)verb, 0);
	ifc_set(in, rst2init_qp_in__qpn, qpn);
	ifc_set(in, rst2init_qp_in__opt_param_mask, change->opt);
	fill_common(c, defaults, attr);
	if (verb == HCA_QP_RST2INIT)
		fill_init(c, attr, change);
	else if (verb == HCA_QP_INIT2RTR)
		fill_rtr(c, hca, attr, change);
	else if (verb == HCA_QP_RTR2RTS)
		fill_rts(c, attr, change);
	fill_options(c, change);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}
