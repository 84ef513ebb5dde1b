/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the differences between the kernels the driver compiles for; Kbuild
 * finds out what there is. Must never know what the driver does with it.
 */
#ifndef UNDERPASS_COMPAT_H
#define UNDERPASS_COMPAT_H

#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>

#ifdef UP_HAVE_UMEM_GET_VA
#define up_compat_umem_get	ib_umem_get_va
#else
#define up_compat_umem_get	ib_umem_get
#endif

#ifdef UP_HAVE_RESIZE_USER_CQ
#define up_compat_resize_cq	resize_user_cq
typedef unsigned int up_compat_cqe;
#else
#define up_compat_resize_cq	resize_cq
typedef int up_compat_cqe;
#endif

/* reg_user_mr() got a DMA handle, which this driver refuses, before udata. */
#ifdef UP_HAVE_DMAH
#define UP_COMPAT_DMAH		struct ib_dmah *dmah,
#define up_compat_has_dmah	(dmah != NULL)
#else
#define UP_COMPAT_DMAH
#define up_compat_has_dmah	false
#endif

#ifdef UP_HAVE_DEVLINK_GET_EXTACK
#define UP_COMPAT_GET_EXTACK	, struct netlink_ext_ack *extack
#else
#define UP_COMPAT_GET_EXTACK
#endif

#endif
