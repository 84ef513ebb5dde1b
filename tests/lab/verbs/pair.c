// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of a connected pair. Must never know what is sent between its
 * ends.
 */
#include <errno.h>

#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/pair.h"
#include "tests/lab/verbs/qp.h"

#define CQ_ENTRIES	2	/* one send and one receive under way */

/* What was made before an error is left in @end. */
static int create_end(const struct verbs_device *device, uint32_t inline_bytes, struct verbs_end *end)
{
	end->channel = ibv_create_comp_channel(device->context);
	if (!end->channel)
		return verbs_failed(errno, "ibv_create_comp_channel");
	end->cq = ibv_create_cq(device->context, CQ_ENTRIES, NULL, end->channel, 0);
	if (!end->cq)
		return verbs_failed(errno, "ibv_create_cq");
	return verbs_qp_create(device, end->cq, inline_bytes, &end->qp);
}

static int destroy_end(struct verbs_end *end)
{
	int error, ret = 0;

	error = end->qp ? ibv_destroy_qp(end->qp) : 0;
	if (error)
		ret = verbs_failed(error, "ibv_destroy_qp");
	error = end->cq ? ibv_destroy_cq(end->cq) : 0;
	if (error)
		ret = verbs_failed(error, "ibv_destroy_cq");
	error = end->channel ? ibv_destroy_comp_channel(end->channel) : 0;
	if (error)
		ret = verbs_failed(error, "ibv_destroy_comp_channel");
	*end = (struct verbs_end){ 0 };
	return ret;
}

int verbs_pair_create(const struct verbs_device *device, uint32_t inline_bytes, struct verbs_pair *pair)
{
	struct verbs_end *a = &pair->end[0], *b = &pair->end[1];
	int ret;

	*pair = (struct verbs_pair){ 0 };
	ret = create_end(device, inline_bytes, a);
	if (!ret)
		ret = create_end(device, inline_bytes, b);
	if (!ret)
		ret = verbs_qp_connect(device, a->qp, b->qp->qp_num);
	if (!ret)
		ret = verbs_qp_connect(device, b->qp, a->qp->qp_num);
	if (ret)
		verbs_pair_destroy(pair);
	return ret;
}

int verbs_pair_destroy(struct verbs_pair *pair)
{
	int second = destroy_end(&pair->end[1]);
	int first = destroy_end(&pair->end[0]);

	return first ? first : second;
}
