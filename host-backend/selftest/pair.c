// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how two queue pairs come together and part. Must never know what they say.
 */
#include "host-backend/selftest/pair.h"

#include <string.h>

#include "host-backend/selftest/run.h"

const char *st_transport_name(enum st_transport transport)
{
	static const char *const names[] = { "RC", "UC", "UD", "XRC" };

	return names[transport];
}

static int connect_both(struct st_run *run, struct st_pair *pair)
{
	int ret = st_qp_connect(run, &pair->b, pair->a.qpn);

	return ret ? ret : st_qp_connect(run, &pair->a, pair->b.qpn);
}

int st_pair_open(struct st_run *run, enum st_transport transport, struct st_pair *pair)
{
	static const enum hca_qp_type a[] = { HCA_QP_RC, HCA_QP_UC, HCA_QP_UD, HCA_QP_XRC_INI };
	static const enum hca_qp_type b[] = { HCA_QP_RC, HCA_QP_UC, HCA_QP_UD, HCA_QP_XRC_TGT };
	int ret = 0;

	memset(pair, 0, sizeof(*pair));
	pair->transport = transport;
	if (transport == ST_XRC)
		ret = st_srq_open(run, &pair->srq);
	if (!ret)
		ret = st_qp_open(run, b[transport], pair->srq.xrcd, &pair->b);
	if (!ret)
		ret = st_qp_open(run, a[transport], 0, &pair->a);
	return ret ? ret : connect_both(run, pair);
}

/* What is left there after an error is of queue pairs that are reset or gone. */
static void drain_both(struct st_run *run)
{
	st_cq_drain(&run->objects.send_cq);
	st_cq_drain(&run->objects.recv_cq);
}

int st_pair_close(struct st_run *run, struct st_pair *pair)
{
	int ret, err;

	run->what[0] = 0;		/* the last message is not to blame */
	ret = st_qp_close(run, &pair->a);
	err = st_qp_close(run, &pair->b);
	ret = ret ? ret : err;
	ret = ret ? ret : err;
	err = st_srq_close(run, &pair->srq);
	drain_both(run);
	return ret ? ret : err;
}

int st_pair_reconnect(struct st_run *run, struct st_pair *pair)
{
	int ret = st_qp_reset(run, &pair->a);

	if (!ret)
		ret = st_qp_reset(run, &pair->b);
	if (ret)
		return ret;
	drain_both(run);
	return connect_both(run, pair);
}

uint16_t st_pair_receive(struct st_pair *pair, const struct st_piece *pieces, unsigned int n)
{
	return pair->transport == ST_XRC ? st_srq_receive(&pair->srq, pieces, n) :
	       st_qp_receive(&pair->b, pieces, n);
}
