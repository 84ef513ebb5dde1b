// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns address handles. On InfiniBand they live in user space's WQEs: there is
 * nothing to make, only something to refuse.
 */
#include "verbs.h"

int up_create_ah(struct ib_ah *ibah, struct rdma_ah_init_attr *attr, struct ib_udata *udata)
{
	return attr->ah_attr->type == RDMA_AH_ATTR_TYPE_IB ? 0 : -EOPNOTSUPP;
}

int up_destroy_ah(struct ib_ah *ibah, u32 flags)
{
	return 0;
}
