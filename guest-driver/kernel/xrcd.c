// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Owns XRC domains. Must never know what is in them. */
#include "command.h"
#include "verbs.h"

int up_alloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibxrcd->device);

	if (!(dev->caps.flags & UP_DEVICE_XRC))
		return -EOPNOTSUPP;
	return up_command_create(dev, UP_ALLOC_XRCD, NULL, 0, &to_up_xrcd(ibxrcd)->xrcdn);
}

int up_dealloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata)
{
	int err = up_command_destroy(to_up_dev(ibxrcd->device), UP_FREE_XRCD,
				     to_up_xrcd(ibxrcd)->xrcdn);

	return err == -EBUSY ? err : 0;
}
