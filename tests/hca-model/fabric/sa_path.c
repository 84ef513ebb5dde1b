// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the SA's answer to "how do I get there": path records. It must never
 * know groups or services. Source: IBA volume 1, 15.2.5.16.
 */
#include "tests/hca-model/fabric/sa_query.h"
#include "tests/hca-model/mgmt/mad.h"

enum {
	/* offsets */
	PATH_DGID = 8, PATH_SGID = 24, PATH_DLID = 40, PATH_SLID = 42, PATH_FLOW_HOP = 44,
	PATH_TCLASS = 48, PATH_NUMB = 49, PATH_PKEY = 50, PATH_SL = 52, PATH_MTU = 54,
	PATH_RATE = 55, PATH_LIFE = 56, PATH_BYTES = 64,
	/* components */
	ASK_DGID = 2, ASK_SGID = 3, ASK_DLID = 4, ASK_SLID = 5, ASK_PKEY = 13, ASK_SL = 15,
	ASK_MTU_SELECT = 16, ASK_MTU = 17, ASK_RATE_SELECT = 18, ASK_RATE = 19,
	/* selectors */
	GREATER = 0, LESS = 1, EXACT = 2,
	REVERSIBLE = 0x80,
	/* 4.096 us << 14 = 67 ms: time-outs made of it are short, yet fit a slow machine. */
	PACKET_LIFE = 14,
};

/* What "greater, less, exactly @want" gives when up to @have is there; 0: nothing. */
static uint8_t choose(uint8_t selector, uint8_t want, uint8_t have)
{
	switch (selector) {
	case GREATER:
		return have > want ? have : 0;
	case LESS:
		return want <= 1 ? 0 : want - 1 < have ? (uint8_t)(want - 1) : have;
	case EXACT:
		return want <= have ? want : 0;
	default:
		return have;
	}
}

/* Codes of rates do not rise with the rate: any rate up to ours can be had exactly. */
static uint8_t choose_rate(uint8_t selector, uint8_t want)
{
	if (selector == EXACT)
		return want;
	return IB_RATE_100G;
}

static bool end_fits(const struct sa_query *q, const struct endport *e, unsigned int ask_gid,
		     size_t gid, unsigned int ask_lid, size_t lid)
{
	if (sa_asks(q, ask_gid) && !endport_has_gid(q->fabric, e, q->want + gid))
		return false;
	return !sa_asks(q, ask_lid) || endport_has_lid(e, mad_get16(q->want + lid));
}

static void add_path(struct sa_query *q, const struct endport *src, const struct endport *dst)
{
	uint16_t want_pkey = sa_asks(q, ASK_PKEY) ? mad_get16(q->want + PATH_PKEY) : 0;
	uint16_t pkey = endport_shared_pkey(src, dst, want_pkey);
	uint8_t mtu = mtu_code(src->mtu < dst->mtu ? src->mtu : dst->mtu);
	uint8_t rate = IB_RATE_100G, *rec;

	if (sa_asks(q, ASK_MTU) && sa_asks(q, ASK_MTU_SELECT))
		mtu = choose(q->want[PATH_MTU] >> 6, q->want[PATH_MTU] & 0x3f, mtu);
	if (sa_asks(q, ASK_RATE) && sa_asks(q, ASK_RATE_SELECT))
		rate = choose_rate(q->want[PATH_RATE] >> 6, q->want[PATH_RATE] & 0x3f);
	if (!pkey || !mtu || (sa_asks(q, ASK_SL) && q->want[PATH_SL + 1] & 15))
		return;
	rec = sa_add(q, PATH_BYTES);
	if (!rec)
		return;
	endport_gid(q->fabric, dst, rec + PATH_DGID);
	endport_gid(q->fabric, src, rec + PATH_SGID);
	if (sa_asks(q, ASK_DGID))
		memcpy(rec + PATH_DGID, q->want + PATH_DGID, 16);
	if (sa_asks(q, ASK_SGID))
		memcpy(rec + PATH_SGID, q->want + PATH_SGID, 16);
	mad_put16(rec + PATH_DLID, sa_asks(q, ASK_DLID) ? mad_get16(q->want + PATH_DLID) : dst->lid);
	mad_put16(rec + PATH_SLID, sa_asks(q, ASK_SLID) ? mad_get16(q->want + PATH_SLID) : src->lid);
	rec[PATH_NUMB] = REVERSIBLE;
	mad_put16(rec + PATH_PKEY, pkey);
	rec[PATH_MTU] = (uint8_t)(EXACT << 6 | mtu);
	rec[PATH_RATE] = (uint8_t)(EXACT << 6 | rate);
	rec[PATH_LIFE] = EXACT << 6 | PACKET_LIFE;
}

/* A group as destination: its MLID. */
static uint16_t path_to_group(struct sa_query *q)
{
	struct mcgroup *group = multicast_find(q->fabric, q->want + PATH_DGID);
	struct endport src;
	uint8_t *rec;

	if (!group || !endport_get(q->fabric, q->in, &src))
		return STATUS_OK;
	rec = sa_add(q, PATH_BYTES);
	if (!rec)
		return STATUS_OK;
	memcpy(rec + PATH_DGID, group->mgid, 16);
	endport_gid(q->fabric, &src, rec + PATH_SGID);
	mad_put16(rec + PATH_DLID, group->mlid);
	mad_put16(rec + PATH_SLID, src.lid);
	mad_put32(rec + PATH_FLOW_HOP, group->flow_label << 8 | group->hop_limit);
	rec[PATH_TCLASS] = group->tclass;
	mad_put16(rec + PATH_PKEY, group->pkey);
	mad_put16(rec + PATH_SL, group->sl);
	rec[PATH_MTU] = (uint8_t)(EXACT << 6 | group->mtu);
	rec[PATH_RATE] = (uint8_t)(EXACT << 6 | group->rate);
	rec[PATH_LIFE] = (uint8_t)(EXACT << 6 | group->life);
	return STATUS_OK;
}

uint16_t sa_path_records(struct sa_query *q)
{
	bool one = q->method == METHOD_GET;
	struct endport src, dst;
	unsigned int s, d;

	if (sa_asks(q, ASK_DGID) && q->want[PATH_DGID] == 0xff)
		return path_to_group(q);
	for (s = 0; s <= q->fabric->top_port; s++) {
		if (!endport_get(q->fabric, s, &src) ||
		    !end_fits(q, &src, ASK_SGID, PATH_SGID, ASK_SLID, PATH_SLID))
			continue;
		for (d = 0; d <= q->fabric->top_port && !(one && q->len); d++)
			if (endport_get(q->fabric, d, &dst) &&
			    end_fits(q, &dst, ASK_DGID, PATH_DGID, ASK_DLID, PATH_DLID))
				add_path(q, &src, &dst);
	}
	return STATUS_OK;
}
