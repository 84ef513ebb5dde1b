// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what devlink shows of the device: firmware, and that there is no RoCE.
 * Tools for mlx5 devices ask for both. Must never know verbs.
 */
#include <net/devlink.h>

#include "verbs.h"

struct link_priv {
	struct up_dev *dev;
};

static int info_get(struct devlink *devlink, struct devlink_info_req *req,
		    struct netlink_ext_ack *extack)
{
	const struct up_dev *dev = ((struct link_priv *)devlink_priv(devlink))->dev;
	char text[32];

	snprintf(text, sizeof(text), "%u.%u.%04u", dev->caps.fw_major, dev->caps.fw_minor,
		 dev->caps.fw_sub);
	return devlink_info_version_running_put(req, DEVLINK_INFO_VERSION_GENERIC_FW, text);
}

static const struct devlink_ops ops = { .info_get = info_get };

static int roce_get(struct devlink *devlink, u32 id,
		    struct devlink_param_gset_ctx *ctx UP_COMPAT_GET_EXTACK)
{
	ctx->val.vbool = false;
	return 0;
}

static int roce_set(struct devlink *devlink, u32 id, struct devlink_param_gset_ctx *ctx,
		    struct netlink_ext_ack *extack)
{
	return ctx->val.vbool ? -EOPNOTSUPP : 0;
}

static const struct devlink_param params[] = {
	DEVLINK_PARAM_GENERIC(ENABLE_ROCE, BIT(DEVLINK_PARAM_CMODE_RUNTIME), roce_get, roce_set,
			      NULL),
};

int up_devlink_register(struct up_dev *dev)
{
	struct devlink *devlink;
	int err;

	devlink = devlink_alloc(&ops, sizeof(struct link_priv), &dev->pdev->dev);
	if (!devlink)
		return -ENOMEM;
	((struct link_priv *)devlink_priv(devlink))->dev = dev;
	err = devlink_params_register(devlink, params, ARRAY_SIZE(params));
	if (err) {
		devlink_free(devlink);
		return err;
	}
	devlink_register(devlink);
	dev->devlink = devlink;
	return 0;
}

void up_devlink_unregister(struct up_dev *dev)
{
	devlink_unregister(dev->devlink);
	devlink_params_unregister(dev->devlink, params, ARRAY_SIZE(params));
	devlink_free(dev->devlink);
}
