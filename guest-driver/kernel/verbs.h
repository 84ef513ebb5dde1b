/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the list of what the driver does for the RDMA core: one file for each
 * kind of object. Their contracts are those of struct ib_device_ops.
 */
#ifndef UNDERPASS_VERBS_H
#define UNDERPASS_VERBS_H

#include <rdma/ib_verbs.h>
#include <rdma/uverbs_ioctl.h>

#include "compat.h"
#include "underpass.h"

/* device.c */
int up_device_query_caps(struct up_dev *dev);
int up_device_register(struct up_dev *dev);
void up_device_unregister(struct up_dev *dev);

/* devlink.c */
int up_devlink_register(struct up_dev *dev);
void up_devlink_unregister(struct up_dev *dev);

/* ucontext.c */
int up_alloc_ucontext(struct ib_ucontext *ibcontext, struct ib_udata *udata);
void up_dealloc_ucontext(struct ib_ucontext *ibcontext);
void up_disassociate_ucontext(struct ib_ucontext *ibcontext);
int up_query_ucontext(struct ib_ucontext *ibcontext, struct uverbs_attr_bundle *attrs);
extern const struct uapi_definition up_ucontext_defs[];

/* db.c */

/**
 * up_db_map() - make a doorbell record of user space known to the device
 * @context: of the current process
 * @address: of the record; 8 bytes
 * @db: goes into up_db_unmap()
 */
int up_db_map(struct up_ucontext *context, u64 address, struct up_db *db);
/* @unsure: as up_mem_put(), of the queue that used it. */
void up_db_unmap(struct up_db *db, int unsure);
struct up_dbr up_db_wire(const struct up_db *db);

/* pd.c, xrcd.c, ah.c, mcast.c */
int up_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata);
int up_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata);
extern const struct uapi_definition up_pd_defs[];
int up_alloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata);
int up_dealloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata);
int up_create_ah(struct ib_ah *ibah, struct rdma_ah_init_attr *attr, struct ib_udata *udata);
int up_destroy_ah(struct ib_ah *ibah, u32 flags);
int up_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);
int up_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);

/* mr.c */
struct ib_mr *up_reg_user_mr(struct ib_pd *ibpd, u64 start, u64 length, u64 iova, int access,
			     UP_COMPAT_DMAH struct ib_udata *udata);
struct ib_mr *up_rereg_user_mr(struct ib_mr *ibmr, int flags, u64 start, u64 length, u64 iova,
			       int access, struct ib_pd *ibpd, struct ib_udata *udata);
int up_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata);

/* cq.c */
int up_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		 struct uverbs_attr_bundle *attrs);
int up_resize_cq(struct ib_cq *ibcq, up_compat_cqe cqe, struct ib_udata *udata);
int up_modify_cq(struct ib_cq *ibcq, u16 count, u16 period);
int up_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata);
extern const struct uapi_definition up_cq_defs[];

/* srq.c */
int up_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *attr, struct ib_udata *udata);
int up_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr, enum ib_srq_attr_mask mask,
		  struct ib_udata *udata);
int up_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr);
int up_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata);

/* qp.c, qp_modify.c */
int up_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *attr, struct ib_udata *udata);
int up_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask, struct ib_udata *udata);
int up_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		struct ib_qp_init_attr *init_attr);
int up_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata);

#endif
