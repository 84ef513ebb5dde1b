// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Owns protection domains. Must never know what is in them. */
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "command.h"
#include "verbs.h"

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
