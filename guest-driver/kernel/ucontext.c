// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns user contexts: what a process that opens the device is told, as the mlx5
 * UAPI wants it (rdma/mlx5-abi.h). Must never know the process's objects.
 */
#include <linux/cache.h>
#include <linux/list.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/mlx5-abi.h>
#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/uverbs_ioctl.h>

#include "clock.h"
#include "uar.h"
#include "verbs.h"

#define UVERBS_MODULE_NAME underpass
#include <rdma/uverbs_named_ioctl.h>

/* Of a library that makes no UAR pages itself: both registers of one page. */
enum { STATIC_BFREGS = 2 };

static int read_request(struct ib_udata *udata, struct mlx5_ib_alloc_ucontext_req_v2 *req)
{
	int err;

	if (udata->inlen < sizeof(struct mlx5_ib_alloc_ucontext_req))
		return -EINVAL;
	if (udata->inlen > sizeof(*req) &&
	    !ib_is_udata_cleared(udata, sizeof(*req), udata->inlen - sizeof(*req)))
		return -EOPNOTSUPP;
	memset(req, 0, sizeof(*req));
	err = ib_copy_from_udata(req, udata, min(udata->inlen, sizeof(*req)));
	if (err)
		return err;
	/* MLX5_IB_ALLOC_UCTX_DEVX among them: the library asks again without. */
	if (req->flags || req->comp_mask || req->reserved0 || req->reserved1 || req->reserved2)
		return -EOPNOTSUPP;
	return 0;
}

static void fill_response(struct up_ucontext *context, struct mlx5_ib_alloc_ucontext_resp *resp)
{
	const struct up_caps *caps = &to_up_dev(context->ibucontext.device)->caps;

	resp->qp_tab_size = roundup_pow_of_two(caps->max_qp);
	resp->cache_line_size = cache_line_size();
	resp->max_sq_desc_sz = caps->max_sq_desc;
	resp->max_rq_desc_sz = caps->max_rq_desc;
	resp->max_send_wqebb = 1 << caps->log_max_qp_wr;
	resp->max_recv_wr = 1 << caps->log_max_qp_wr;
	resp->max_srq_recv_wr = 1 << caps->log_max_srq_wr;
	resp->cqe_version = context->cqe_version;
	resp->log_uar_size = PAGE_SHIFT;
	resp->num_uars_per_page = 1;
	resp->num_ports = caps->n_ports;
	resp->clock_info_versions = up_clock_is_there(to_up_dev(context->ibucontext.device)) ?
				    BIT(MLX5_IB_CLOCK_INFO_V1) : 0;
	/* No BlueFlame: bf_reg_size stays 0, doorbells are 8 bytes. */
	resp->tot_bfregs = context->static_uar ? STATIC_BFREGS : 0;
}

int up_alloc_ucontext(struct ib_ucontext *ibcontext, struct ib_udata *udata)
{
	struct up_ucontext *context = to_up_ucontext(ibcontext);
	struct up_dev *dev = to_up_dev(ibcontext->device);
	struct mlx5_ib_alloc_ucontext_resp resp = {};
	struct mlx5_ib_alloc_ucontext_req_v2 req;
	int err;

	if (READ_ONCE(dev->life) != UP_ALIVE)
		return -EIO;
	err = read_request(udata, &req);
	if (err)
		return err;
	mutex_init(&context->db_lock);
	INIT_LIST_HEAD(&context->db_pages);
	context->cqe_version = min(dev->caps.cqe_version, req.max_cqe_version);
	if (!(req.lib_caps & MLX5_LIB_CAP_DYN_UAR)) {
		err = up_uar_entry_create(context, &context->static_uar);
		if (err)
			return err;
	}
	fill_response(context, &resp);
	resp.response_length = min(udata->outlen, sizeof(resp));
	err = ib_copy_to_udata(udata, &resp, resp.response_length);
	if (err)
		goto remove;
	return 0;

remove:
	if (context->static_uar)
		rdma_user_mmap_entry_remove(&context->static_uar->rdma_entry);
	return err;
}

void up_dealloc_ucontext(struct ib_ucontext *ibcontext)
{
	struct up_ucontext *context = to_up_ucontext(ibcontext);

	if (context->static_uar)
		rdma_user_mmap_entry_remove(&context->static_uar->rdma_entry);
}

/* There is nothing to do but to allow it: the core takes the mappings away. */
void up_disassociate_ucontext(struct ib_ucontext *ibcontext)
{
}

/* A process that was handed the file of another one's context asks what that was told. */
int up_query_ucontext(struct ib_ucontext *ibcontext, struct uverbs_attr_bundle *attrs)
{
	const u16 id = MLX5_IB_ATTR_QUERY_CONTEXT_RESP_UCTX;
	struct mlx5_ib_alloc_ucontext_resp resp = {};
	int room = uverbs_attr_get_len(attrs, id);

	if (room < 0)
		return room;
	fill_response(to_up_ucontext(ibcontext), &resp);
	resp.response_length = min_t(size_t, room, sizeof(resp));
	return uverbs_copy_to_struct_or_zero(attrs, id, &resp, sizeof(resp));
}

ADD_UVERBS_ATTRIBUTES_SIMPLE(up_query_context_attributes, UVERBS_OBJECT_DEVICE,
			     UVERBS_METHOD_QUERY_CONTEXT,
			     UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_CONTEXT_RESP_UCTX,
						 UVERBS_ATTR_STRUCT(struct mlx5_ib_alloc_ucontext_resp,
								    dump_fill_mkey),
						 UA_MANDATORY));

const struct uapi_definition up_ucontext_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &up_query_context_attributes),
	{}
};
