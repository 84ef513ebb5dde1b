// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns joining and leaving multicast groups by the SA. It must never know how
 * packets are copied. Source: IBA volume 1, 15.2.5.17.
 */
#include "tests/hca-model/fabric/sa_query.h"
#include "tests/hca-model/mgmt/mad.h"

enum {
	/* offsets */
	MC_MGID = 0, MC_PORT_GID = 16, MC_QKEY = 32, MC_MLID = 36, MC_MTU = 38, MC_TCLASS = 39,
	MC_PKEY = 40, MC_RATE = 42, MC_LIFE = 43, MC_SL_FLOW_HOP = 44, MC_SCOPE_STATE = 48,
	MC_BYTES = 52,
	/* components */
	ASK_MGID = 0, ASK_PORT_GID = 1, ASK_QKEY = 2, ASK_MLID = 3, ASK_MTU_SELECT = 4,
	ASK_MTU = 5, ASK_TCLASS = 6, ASK_PKEY = 7, ASK_RATE_SELECT = 8, ASK_RATE = 9,
	ASK_SL = 12, ASK_FLOW = 13, ASK_JOIN_STATE = 16,
	SELECT_GREATER = 0, SELECT_LESS = 1,
	/* What a request must name to make a group (IBA 15.2.5.17). */
	NEEDED_TO_CREATE = 1 << ASK_QKEY | 1 << ASK_TCLASS | 1 << ASK_PKEY | 1 << ASK_SL |
			   1 << ASK_FLOW,
	DEFAULT_LIFE = 14,
};

static void add_record(struct sa_query *q, const struct mcgroup *group, const struct mcmember *m)
{
	uint8_t *rec = sa_add(q, MC_BYTES);

	if (!rec)
		return;
	memcpy(rec + MC_MGID, group->mgid, 16);
	if (m)
		memcpy(rec + MC_PORT_GID, m->gid, 16);
	mad_put32(rec + MC_QKEY, group->qkey);
	mad_put16(rec + MC_MLID, group->mlid);
	rec[MC_MTU] = (uint8_t)(SELECT_EXACT << 6 | group->mtu);
	rec[MC_TCLASS] = group->tclass;
	mad_put16(rec + MC_PKEY, group->pkey);
	rec[MC_RATE] = (uint8_t)(SELECT_EXACT << 6 | group->rate);
	rec[MC_LIFE] = (uint8_t)(SELECT_EXACT << 6 | group->life);
	mad_put32(rec + MC_SL_FLOW_HOP,
		  (uint32_t)group->sl << 28 | group->flow_label << 8 | group->hop_limit);
	rec[MC_SCOPE_STATE] = (uint8_t)((group->mgid[1] & 15) << 4 | (m ? m->join_state : 0));
}

static bool group_fits(const struct sa_query *q, const struct mcgroup *group)
{
	if (sa_asks(q, ASK_MGID) && memcmp(q->want + MC_MGID, group->mgid, 16))
		return false;
	if (sa_asks(q, ASK_MLID) && mad_get16(q->want + MC_MLID) != group->mlid)
		return false;
	if (sa_asks(q, ASK_QKEY) && mad_get32(q->want + MC_QKEY) != group->qkey)
		return false;
	return !sa_asks(q, ASK_PKEY) || !((mad_get16(q->want + MC_PKEY) ^ group->pkey) & 0x7fff);
}

/* Who is in a group is told only to those who know the SM key, the group to all. */
static uint16_t query(struct sa_query *q)
{
	struct mcgroup *group;
	struct mcmember *m;

	LIST_FOREACH(group, &q->fabric->groups, link) {
		if (!group_fits(q, group))
			continue;
		if (!q->sm_key && !sa_asks(q, ASK_PORT_GID)) {
			add_record(q, group, NULL);
			continue;
		}
		LIST_FOREACH(m, &group->members, link)
			if (!sa_asks(q, ASK_PORT_GID) ||
			    !memcmp(m->gid, q->want + MC_PORT_GID, 16))
				add_record(q, group, m);
	}
	return q->method == METHOD_GET && q->len > q->record ? SA_STATUS_TOO_MANY_RECORDS :
							       STATUS_OK;
}

static bool mgid_is_none(const uint8_t mgid[16])
{
	static const uint8_t none[16];

	return !memcmp(mgid, none, 16);
}

static void make_mgid(struct sa_query *q, uint8_t mgid[16])
{
	memset(mgid, 0, 16);
	mad_put32(mgid, 0xff12a01bu);
	mad_put16(mgid + 4, 0xfe80);
	mad_put32(mgid + 12, ++q->sa->next_mgid);
}

/* Up to @have, by selector: exactly, less, greater; without a wish all there is. */
static uint8_t chosen(const struct sa_query *q, unsigned int ask_select, unsigned int ask,
		      uint8_t field, uint8_t have)
{
	uint8_t want = field & 0x3f;

	if (!sa_asks(q, ask) || !sa_asks(q, ask_select))
		return have;
	if (field >> 6 == SELECT_EXACT)
		return want;
	if (field >> 6 == SELECT_LESS)
		return want > have ? have : (uint8_t)(want - 1);
	return have;
}

static uint16_t create(struct sa_query *q, struct mcgroup **out)
{
	uint32_t sl_flow_hop = mad_get32(q->want + MC_SL_FLOW_HOP);
	struct mcgroup *group;
	uint8_t mgid[16];

	if ((q->mask & NEEDED_TO_CREATE) != NEEDED_TO_CREATE ||
	    !(q->want[MC_SCOPE_STATE] & JOIN_FULL))
		return SA_STATUS_COMPONENTS;
	memcpy(mgid, q->want + MC_MGID, 16);
	if (mgid_is_none(mgid))
		make_mgid(q, mgid);
	else if (mgid[0] != 0xff)
		return SA_STATUS_REQ_INVALID;
	if (multicast_create(q->fabric, mgid, &group))
		return SA_STATUS_NO_RESOURCES;
	group->qkey = mad_get32(q->want + MC_QKEY);
	group->mtu = chosen(q, ASK_MTU_SELECT, ASK_MTU, q->want[MC_MTU], IB_MTU_4096);
	group->rate = chosen(q, ASK_RATE_SELECT, ASK_RATE, q->want[MC_RATE], IB_RATE_100G);
	group->life = DEFAULT_LIFE;
	group->tclass = q->want[MC_TCLASS];
	group->pkey = mad_get16(q->want + MC_PKEY);
	group->sl = (uint8_t)(sl_flow_hop >> 28);
	group->flow_label = sl_flow_hop >> 8 & 0xfffff;
	group->hop_limit = (uint8_t)sl_flow_hop;
	*out = group;
	return STATUS_OK;
}

/* A member by its port GID; a proxy joins for the port it sits behind. */
static bool find_port(struct sa_query *q, unsigned int *n)
{
	struct endport e;

	for (*n = 1; *n <= q->fabric->top_port; (*n)++)
		if (endport_get(q->fabric, *n, &e) &&
		    endport_has_gid(q->fabric, &e, q->want + MC_PORT_GID))
			return true;
	return false;
}

static bool join_fits(const struct sa_query *q, const struct mcgroup *group)
{
	uint8_t mtu = q->want[MC_MTU] & 0x3f;

	if (!group_fits(q, group))
		return false;
	if (!sa_asks(q, ASK_MTU) || !sa_asks(q, ASK_MTU_SELECT))
		return true;
	switch (q->want[MC_MTU] >> 6) {
	case SELECT_GREATER:
		return group->mtu > mtu;
	case SELECT_LESS:
		return group->mtu < mtu;
	case SELECT_EXACT:
		return group->mtu == mtu;
	default:
		return true;
	}
}

static uint16_t join(struct sa_query *q)
{
	uint8_t state = q->want[MC_SCOPE_STATE] & 15;
	struct mcgroup *group = NULL;
	uint16_t status;
	unsigned int n;

	if (!sa_asks(q, ASK_PORT_GID) || !sa_asks(q, ASK_JOIN_STATE) || !state)
		return SA_STATUS_COMPONENTS;
	if (!find_port(q, &n))
		return SA_STATUS_GID_INVALID;
	if (sa_asks(q, ASK_MGID) && !mgid_is_none(q->want + MC_MGID))
		group = multicast_find(q->fabric, q->want + MC_MGID);
	if (group && !join_fits(q, group))
		return SA_STATUS_REQ_INVALID;
	if (!group) {
		status = create(q, &group);
		if (status != STATUS_OK)
			return status;
	}
	if (multicast_join(q->fabric, group, n, q->want + MC_PORT_GID, state))
		return SA_STATUS_NO_RESOURCES;
	add_record(q, group, multicast_member(group, q->want + MC_PORT_GID));
	return STATUS_OK;
}

static uint16_t leave(struct sa_query *q)
{
	struct mcgroup *group = multicast_find(q->fabric, q->want + MC_MGID);
	const uint8_t *gid = q->want + MC_PORT_GID;
	struct mcmember *m = group ? multicast_member(group, gid) : NULL;
	uint8_t state = q->want[MC_SCOPE_STATE] & 15;

	if (!sa_asks(q, ASK_MGID) || !sa_asks(q, ASK_PORT_GID) || !sa_asks(q, ASK_JOIN_STATE))
		return SA_STATUS_COMPONENTS;
	if (!m || !(m->join_state & state))
		return SA_STATUS_REQ_INVALID;
	add_record(q, group, m);
	multicast_leave(q->fabric, group, gid, state);
	return STATUS_OK;
}

uint16_t sa_mcmember_records(struct sa_query *q)
{
	switch (q->method) {
	case METHOD_SET:
		return join(q);
	case METHOD_DELETE:
		return leave(q);
	default:
		return query(q);
	}
}
