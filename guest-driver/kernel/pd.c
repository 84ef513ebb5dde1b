// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Owns protection domains. Must never know what is in them. */
#include <rdma/mlx5-abi.h>
#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/uverbs_ioctl.h>

#include "command.h"
#include "verbs.h"

#define UVERBS_MODULE_NAME underpass
#include <rdma/uverbs_named_ioctl.h>

int up_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibpd->device);
	struct up_pd *pd = to_up_pd(ibpd);
	struct mlx5_ib_alloc_pd_resp resp;
	int err;

	err = up_command_create(dev, UP_ALLOC_PD, NULL, 0, &pd->pdn);
	if (err)
		return err;
	resp.pdn = pd->pdn;
	err = ib_copy_to_udata(udata, &resp, min(udata->outlen, sizeof(resp)));
	if (err)
		up_command_destroy(dev, UP_FREE_PD, pd->pdn);
	return err;
}

int up_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	int err = up_command_destroy(to_up_dev(ibpd->device), UP_FREE_PD, to_up_pd(ibpd)->pdn);

	return err == -EBUSY ? err : 0;
}

/* A process that imported a context imports the domain of another one. */
static int UVERBS_HANDLER(MLX5_IB_METHOD_PD_QUERY)(struct uverbs_attr_bundle *attrs)
{
	struct ib_pd *pd = uverbs_attr_get_obj(attrs, MLX5_IB_ATTR_QUERY_PD_HANDLE);
	u32 pdn = to_up_pd(pd)->pdn;

	return uverbs_copy_to(attrs, MLX5_IB_ATTR_QUERY_PD_RESP_PDN, &pdn, sizeof(pdn));
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_PD_QUERY,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_QUERY_PD_HANDLE, UVERBS_OBJECT_PD, UVERBS_ACCESS_READ,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_PD_RESP_PDN, UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

ADD_UVERBS_METHODS(up_pd_methods, UVERBS_OBJECT_PD, &UVERBS_METHOD(MLX5_IB_METHOD_PD_QUERY));

const struct uapi_definition up_pd_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_PD, &up_pd_methods),
	{}
};
