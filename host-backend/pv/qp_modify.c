// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the transitions of the guest's queue pairs: which there are, what each
 * must and may be given. Must never know how the HCA is told.
 * Source: IBA volume 1, 11.2.5.2, table 96; as Linux has it, qp_state_table of
 * drivers/infiniband/core/verbs.c.
 */
#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/port.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/private.h"
#include "host-backend/pv/qp.h"
#include "host-backend/pv/rate.h"

enum {
	NUMBER_MAX = 0xffffff, FLOW_LABEL_MAX = 0xfffff,
	ALL = UP_QP_DEST | (UP_QP_DEST - 1),
	ACCESS_REMOTE = UP_ACCESS_REMOTE_WRITE | UP_ACCESS_REMOTE_READ | UP_ACCESS_REMOTE_ATOMIC,
};

#define AT(field)	offsetof(struct up_modify_qp, field)

/* Types as far as transitions go. */
enum sort { RC, UC, UD, XRC_INI, XRC_TGT, SORTS };

_Static_assert((int)RC == (int)HCA_QP_RC && (int)XRC_TGT == (int)HCA_QP_XRC_TGT, "same order");

struct masks {
	uint32_t must, may;
};

/* To RESET and ERR everything leads, with nothing given. */
static const struct transition {
	uint8_t from, to;
	enum hca_qp_verb verb;
	struct masks sorts[SORTS];
} transitions[] = {
#define OPEN	(UP_QP_ACCESS | UP_QP_PKEY)
#define REACH	(UP_QP_PATH | UP_QP_MTU | UP_QP_DEST | UP_QP_RQ_PSN)
#define ANSWER	(UP_QP_DEST_RD_ATOMIC | UP_QP_MIN_RNR)
#define ASK	(UP_QP_TIMEOUT | UP_QP_RETRY | UP_QP_RNR_RETRY | UP_QP_RD_ATOMIC | UP_QP_SQ_PSN)
	{ UP_QPS_RESET, UP_QPS_INIT, HCA_QP_RST2INIT, {
		[RC] = { OPEN, UP_QP_PATH }, [UC] = { OPEN, UP_QP_PATH },
		[UD] = { UP_QP_PKEY | UP_QP_QKEY, UP_QP_PATH },
		[XRC_INI] = { OPEN, UP_QP_PATH }, [XRC_TGT] = { OPEN, UP_QP_PATH } } },
	{ UP_QPS_INIT, UP_QPS_INIT, HCA_QP_INIT2INIT, {
		[RC] = { 0, OPEN | UP_QP_PATH }, [UC] = { 0, OPEN | UP_QP_PATH },
		[UD] = { 0, UP_QP_PKEY | UP_QP_QKEY | UP_QP_PATH },
		[XRC_INI] = { 0, OPEN | UP_QP_PATH }, [XRC_TGT] = { 0, OPEN | UP_QP_PATH } } },
	{ UP_QPS_INIT, UP_QPS_RTR, HCA_QP_INIT2RTR, {
		[RC] = { REACH | ANSWER, OPEN }, [UC] = { REACH, OPEN },
		[UD] = { 0, UP_QP_PKEY | UP_QP_QKEY },
		[XRC_INI] = { REACH, OPEN }, [XRC_TGT] = { REACH | ANSWER, OPEN } } },
	{ UP_QPS_RTR, UP_QPS_RTS, HCA_QP_RTR2RTS, {
		[RC] = { ASK, UP_QP_ACCESS | UP_QP_MIN_RNR }, [UC] = { UP_QP_SQ_PSN, UP_QP_ACCESS },
		[UD] = { UP_QP_SQ_PSN, UP_QP_QKEY }, [XRC_INI] = { ASK, UP_QP_ACCESS },
		[XRC_TGT] = { UP_QP_TIMEOUT | UP_QP_SQ_PSN, UP_QP_ACCESS | UP_QP_MIN_RNR } } },
	{ UP_QPS_RTS, UP_QPS_RTS, HCA_QP_RTS2RTS, {
		[RC] = { 0, UP_QP_ACCESS | UP_QP_MIN_RNR }, [UC] = { 0, UP_QP_ACCESS },
		[UD] = { 0, UP_QP_QKEY }, [XRC_INI] = { 0, UP_QP_ACCESS },
		[XRC_TGT] = { 0, UP_QP_ACCESS | UP_QP_MIN_RNR } } },
	{ UP_QPS_SQE, UP_QPS_RTS, HCA_QP_SQERR2RTS, {
		[UC] = { 0, UP_QP_ACCESS }, [UD] = { 0, UP_QP_QKEY } } },
#undef OPEN
#undef REACH
#undef ANSWER
#undef ASK
};

static const struct transition to_error = { .to = UP_QPS_ERR, .verb = HCA_QP_2ERR };
static const struct transition to_reset = { .to = UP_QPS_RESET, .verb = HCA_QP_2RST };

static const struct transition *find(uint8_t from, uint8_t to, enum hca_qp_type type)
{
	size_t i;

	if (to == UP_QPS_ERR)
		return &to_error;
	if (to == UP_QPS_RESET)
		return &to_reset;
	if (from == UP_QPS_SQE && type != HCA_QP_UC && type != HCA_QP_UD)
		return NULL;	/* the others go to ERR */
	for (i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++)
		if (transitions[i].from == from && transitions[i].to == to)
			return &transitions[i];
	return NULL;
}

/* The HCA may have brought it to SQE by itself; it knows better than we do. */
static bool may_be_in(const struct pv_qp *qp, uint8_t state)
{
	if (qp->state == state)
		return true;
	return qp->state == UP_QPS_RTS && state == UP_QPS_SQE;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	while (len && !*p)
		p++, len--;
	return !len;
}

static enum up_result check_path(struct pv *pv, struct pv_command *cmd)
{
	const struct up_path *path = &((const struct up_modify_qp *)cmd->in)->attr.path;
	struct hca_identity id;

	hca_identity(pv->adapter.hca, &id);
	if (path->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(attr.path.reserved));
	if (!path->port || path->port > id.n_ports)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.port));
	if (path->sl > 15)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.sl));
	if (path->path_bits > 127)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.path_bits));
	if (path->grh > 1)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.grh));
	if (path->sgid_index >= hca_port_n_gids(pv->adapter.hca))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.sgid_index));
	if (le32toh(path->flow_label) > FLOW_LABEL_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.flow_label));
	if (!pv_rate_known(path->static_rate))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path.static_rate));
	return UP_OK;
}

/* 0 is no such number. */
static uint8_t log2_of(uint8_t n)
{
	return n ? (uint8_t)(31 - __builtin_clz(n)) : 0;
}

static bool bad_depth(uint8_t n, uint64_t log_max)
{
	return n & (n - 1) || (n && log2_of(n) > log_max);
}

static enum up_result check_attr(struct pv *pv, struct pv_command *cmd)
{
	const struct up_modify_qp *in = (const void *)cmd->in;
	const struct up_qp_attr *attr = &in->attr;
	const uint8_t *caps = hca_caps(pv->adapter.hca);
	uint32_t mask = le32toh(in->mask);

	if (mask & UP_QP_ACCESS && le32toh(attr->access) & ~(ACCESS_REMOTE | UP_ACCESS_LOCAL_WRITE))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.access));
	if (mask & UP_QP_PKEY && le16toh(attr->pkey_index) >= hca_port_n_pkeys(pv->adapter.hca))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.pkey_index));
	if (mask & UP_QP_MTU && (attr->path_mtu < HCA_MTU_256 || attr->path_mtu > HCA_MTU_4096))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.path_mtu));
	if (mask & UP_QP_TIMEOUT && attr->timeout > 31)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.timeout));
	if (mask & UP_QP_RETRY && attr->retry > 7)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.retry));
	if (mask & UP_QP_RNR_RETRY && attr->rnr_retry > 7)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.rnr_retry));
	if (mask & UP_QP_MIN_RNR && attr->min_rnr > 31)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.min_rnr));
	if (mask & UP_QP_RQ_PSN && le32toh(attr->rq_psn) > NUMBER_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.rq_psn));
	if (mask & UP_QP_SQ_PSN && le32toh(attr->sq_psn) > NUMBER_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.sq_psn));
	if (mask & UP_QP_DEST && le32toh(attr->dest_qpn) > NUMBER_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.dest_qpn));
	if (mask & UP_QP_RD_ATOMIC &&
	    bad_depth(attr->rd_atomic, ifc_get(caps, cmd_hca_cap__log_max_ra_req_qp)))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.rd_atomic));
	if (mask & UP_QP_DEST_RD_ATOMIC &&
	    bad_depth(attr->dest_rd_atomic, ifc_get(caps, cmd_hca_cap__log_max_ra_res_qp)))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(attr.dest_rd_atomic));
	return mask & UP_QP_PATH ? check_path(pv, cmd) : UP_OK;
}

static enum up_result check(struct pv *pv, struct pv_command *cmd)
{
	const struct up_modify_qp *in = (const void *)cmd->in;

	if (!is_zero(in->reserved, sizeof(in->reserved)))
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(reserved));
	if (!is_zero(in->attr.reserved, sizeof(in->attr.reserved)))
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(attr.reserved));
	if (le32toh(in->mask) & ~(uint32_t)ALL)
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(mask));
	if (in->from > UP_QPS_ERR)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(from));
	if (in->to > UP_QPS_ERR)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(to));
	return check_attr(pv, cmd);
}

static struct hca_qp_path path_of(struct pv *pv, const struct up_qp_attr *attr, uint32_t mask)
{
	const struct up_path *from = &attr->path;
	struct hca_qp_path path = {
		.port = 1, .pkey_index = le16toh(attr->pkey_index), .ack_timeout = attr->timeout,
	};

	if (!(mask & UP_QP_PATH))
		return path;
	path.port = from->port;
	path.dlid = le16toh(from->dlid);
	path.sl = from->sl;
	path.path_bits = from->path_bits;
	path.static_rate = pv_rate_to_hca(pv, from->static_rate);
	path.grh = from->grh;
	path.sgid_index = from->sgid_index;
	path.hop_limit = from->hop_limit;
	path.traffic_class = from->traffic_class;
	path.flow_label = le32toh(from->flow_label);
	memcpy(path.dgid, from->dgid, sizeof(path.dgid));
	return path;
}

/* What the other side may do: without resources for reads and atomics none of those. */
static void fill_access(const struct pv_qp *qp, const struct up_modify_qp *in, uint32_t access,
			struct hca_qp_change *change)
{
	uint32_t mask = le32toh(in->mask);

	if (mask & UP_QP_DEST_RD_ATOMIC && !in->attr.dest_rd_atomic)
		access &= UP_ACCESS_REMOTE_WRITE;
	change->remote_write = access & UP_ACCESS_REMOTE_WRITE;
	if (qp->attr.type == HCA_QP_UC)
		return;
	change->remote_read = access & UP_ACCESS_REMOTE_READ;
	change->remote_atomic = access & UP_ACCESS_REMOTE_ATOMIC;
}

/* Values that the transition does not take anyhow. */
static uint32_t options(const struct pv_qp *qp, const struct transition *t, uint32_t mask)
{
	uint32_t opt = 0;

	if (mask & (UP_QP_ACCESS | UP_QP_DEST_RD_ATOMIC))
		opt |= HCA_QP_OPT_ACCESS;
	if (mask & UP_QP_PKEY)
		opt |= HCA_QP_OPT_PKEY_INDEX;
	if (mask & UP_QP_PATH && t->verb == HCA_QP_INIT2INIT)
		opt |= HCA_QP_OPT_PORT;
	if (mask & UP_QP_QKEY)
		opt |= HCA_QP_OPT_QKEY;
	if (mask & UP_QP_MIN_RNR && t->verb != HCA_QP_INIT2RTR)
		opt |= HCA_QP_OPT_RNR_TIMER;
	return opt & hca_qp_opt_allowed(qp->attr.type, t->verb);
}

static int transit(struct pv *pv, struct pv_qp *qp, const struct up_modify_qp *in,
		   const struct transition *t, uint32_t access)
{
	const struct up_qp_attr *attr = &in->attr;
	uint32_t mask = le32toh(in->mask);
	struct hca_qp_change change = {
		.opt = options(qp, t, mask), .path = path_of(pv, attr, mask),
		.mtu = mask & UP_QP_MTU ? (enum hca_mtu)attr->path_mtu : 0,
		.remote_qpn = le32toh(attr->dest_qpn), .recv_psn = le32toh(attr->rq_psn),
		.send_psn = le32toh(attr->sq_psn), .log_responder = log2_of(attr->dest_rd_atomic),
		.log_initiator = log2_of(attr->rd_atomic), .rnr_timer = attr->min_rnr,
		.retries = attr->retry, .rnr_retries = attr->rnr_retry, .qkey = le32toh(attr->qkey),
	};

	fill_access(qp, in, access, &change);
	return hca_qp_modify(pv->adapter.hca, &pv->adapter.defaults, qp->o.number, &qp->attr,
			     t->verb, &change);
}

static enum up_result modify(struct pv *pv, struct pv_command *cmd, struct pv_qp *qp)
{
	const struct up_modify_qp *in = (const void *)cmd->in;
	const struct transition *t = find(in->from, in->to, qp->attr.type);
	uint32_t mask = le32toh(in->mask), access = qp->access;
	const struct masks *masks;
	int err;

	if (t != &to_error && t != &to_reset && !may_be_in(qp, in->from))
		return pv_refuse(cmd, UP_BAD_STATE, AT(from));
	if (!t)
		return pv_refuse(cmd, UP_BAD_STATE, AT(to));
	masks = &t->sorts[qp->attr.type];
	if (masks->must & ~mask || mask & ~(masks->must | masks->may))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(mask));
	if (mask & UP_QP_ACCESS)
		access = le32toh(in->attr.access);
	err = transit(pv, qp, in, t, access);
	if (err)
		return pv_hca_result(pv, cmd, err);
	qp->state = in->to;
	qp->access = in->to == UP_QPS_RESET ? 0 : access;
	return UP_OK;
}

enum up_result pv_qp_modify(struct pv *pv, struct pv_command *cmd)
{
	const struct up_modify_qp *in = (const void *)cmd->in;
	struct pv_object *o;
	enum up_result result = check(pv, cmd);

	if (result)
		return result;
	result = pv_object_claim(pv, PV_QP, le32toh(in->qpn), false, &o);
	if (result)
		return result;
	result = modify(pv, cmd, (struct pv_qp *)o);
	pv_object_unclaim(pv, o);
	return result;
}

void pv_qp_attr_fill(const struct hca_qp_info *info, struct up_qp_attr *attr)
{
	const struct hca_qp_change *now = &info->now;
	const struct hca_qp_path *path = &now->path;

	*attr = (struct up_qp_attr){
		.qkey = htole32(now->qkey), .dest_qpn = htole32(now->remote_qpn),
		.rq_psn = htole32(now->recv_psn), .sq_psn = htole32(now->send_psn),
		.pkey_index = htole16(path->pkey_index), .path_mtu = (uint8_t)now->mtu,
		.timeout = path->ack_timeout, .retry = now->retries,
		.rnr_retry = now->rnr_retries, .min_rnr = now->rnr_timer,
		.rd_atomic = (uint8_t)(1u << now->log_initiator),
		.dest_rd_atomic = (uint8_t)(1u << now->log_responder),
		.path = {
			.dlid = htole16(path->dlid), .sl = path->sl, .path_bits = path->path_bits,
			.grh = path->grh, .sgid_index = path->sgid_index,
			.hop_limit = path->hop_limit, .traffic_class = path->traffic_class,
			.flow_label = htole32(path->flow_label),
			.static_rate = pv_rate_from_hca(path->static_rate), .port = path->port,
		},
	};
	memcpy(attr->path.dgid, path->dgid, sizeof(attr->path.dgid));
}
