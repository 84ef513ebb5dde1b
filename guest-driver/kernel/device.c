// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the RDMA device as the core and user space see it: capabilities, names,
 * the table of what the driver does. Must never know how.
 */
#include <linux/module.h>
#include <linux/sysfs.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "clock.h"
#include "command.h"
#include "port.h"
#include "uar.h"
#include "verbs.h"

enum {
	DATA_SEGMENT = 16,		/* bytes of a piece of memory in a WQE */
	SEND_HEAD = 32,			/* control and remote address segments */
	SEND_DESC = 512,		/* longer send WQEs are for inline data only */
	BLOCK = 64,
	READ_SGE = 30,			/* the HCA's limit for RDMA reads */
	MODERATION_COUNT = 0xffff, MODERATION_PERIOD_US = 0xfff,
	LOG_MAX = 24,			/* of any queue's entries */
};

static bool caps_sane(const struct up_caps *caps)
{
	return caps->n_ports == 1 && caps->max_runs && caps->max_eq && caps->max_cq &&
	       caps->max_qp && caps->max_cq <= 1u << LOG_MAX && caps->max_qp <= 1u << LOG_MAX &&
	       caps->log_max_cq && caps->log_max_cq <= LOG_MAX &&
	       caps->log_max_qp_wr <= LOG_MAX && caps->log_max_srq_wr <= LOG_MAX &&
	       caps->log_max_rd_atomic <= 7 && caps->log_max_msg < 32 &&
	       caps->max_sq_desc >= SEND_HEAD + DATA_SEGMENT && caps->max_rq_desc >= DATA_SEGMENT &&
	       caps->max_sq_desc <= U16_MAX && caps->max_rq_desc <= U16_MAX;
}

int up_device_query_caps(struct up_dev *dev)
{
	struct up_caps *caps = &dev->caps;
	struct up_query_device_out out;
	int err;

	err = up_command(dev, UP_QUERY_DEVICE, NULL, 0, &out, sizeof(out));
	if (err)
		return err;
	/* GUIDs come in the byte order of the wire, and are kept so. */
	caps->node_guid = (__force __be64)out.node_guid;
	caps->sys_image_guid = (__force __be64)out.sys_image_guid;
	caps->vendor_id = le32_to_cpu(out.vendor_id);
	caps->vendor_part_id = le32_to_cpu(out.vendor_part_id);
	caps->hw_revision = le32_to_cpu(out.hw_revision);
	caps->fw_major = le32_to_cpu(out.fw_major);
	caps->fw_minor = le32_to_cpu(out.fw_minor);
	caps->fw_sub = le32_to_cpu(out.fw_sub);
	caps->max_mr_bytes = le64_to_cpu(out.max_mr_bytes);
	caps->max_pd = le32_to_cpu(out.max_pd);
	caps->max_mr = le32_to_cpu(out.max_mr);
	caps->max_cq = le32_to_cpu(out.max_cq);
	caps->max_qp = le32_to_cpu(out.max_qp);
	caps->max_srq = le32_to_cpu(out.max_srq);
	caps->max_eq = le32_to_cpu(out.max_eq);
	caps->max_mcast = le32_to_cpu(out.max_mcast);
	caps->max_mcast_qp = le32_to_cpu(out.max_mcast_qp);
	caps->max_runs = le32_to_cpu(out.max_runs);
	caps->log_max_cq = out.log_max_cq;
	caps->log_max_qp_wr = out.log_max_qp_wr;
	caps->log_max_srq_wr = out.log_max_srq_wr;
	caps->log_max_rd_atomic = out.log_max_rd_atomic;
	caps->log_max_msg = out.log_max_msg;
	caps->n_ports = out.n_ports;
	caps->cqe_version = out.cqe_version;
	caps->max_sq_desc = le32_to_cpu(out.max_sq_desc);
	caps->max_rq_desc = le32_to_cpu(out.max_rq_desc);
	caps->flags = le32_to_cpu(out.flags);
	caps->device_frequency_khz = le32_to_cpu(out.device_frequency_khz);
	caps->local_ca_ack_delay = le32_to_cpu(out.local_ca_ack_delay);
	return caps_sane(caps) ? 0 : -EPROTO;
}

static void fill_flags(const struct up_caps *caps, struct ib_device_attr *attr)
{
	attr->device_cap_flags = IB_DEVICE_CHANGE_PHY_PORT | IB_DEVICE_PORT_ACTIVE_EVENT |
				 IB_DEVICE_SYS_IMAGE_GUID | IB_DEVICE_RC_RNR_NAK_GEN;
	if (caps->flags & UP_DEVICE_XRC)
		attr->device_cap_flags |= IB_DEVICE_XRC;
	attr->atomic_cap = caps->flags & UP_DEVICE_ATOMIC ? IB_ATOMIC_HCA : IB_ATOMIC_NONE;
	attr->masked_atomic_cap = IB_ATOMIC_NONE;
	if (caps->flags & UP_DEVICE_CQ_MODERATION) {
		attr->cq_caps.max_cq_moderation_count = MODERATION_COUNT;
		attr->cq_caps.max_cq_moderation_period = MODERATION_PERIOD_US;
	}
}

static void fill_objects(const struct up_caps *caps, struct ib_device_attr *attr)
{
	attr->max_pd = caps->max_pd;
	attr->max_mr = caps->max_mr;
	attr->max_mr_size = caps->max_mr_bytes;
	attr->page_size_cap = PAGE_MASK;
	attr->max_cq = caps->max_cq;
	attr->max_cqe = (1 << caps->log_max_cq) - 1;
	attr->max_srq = caps->max_srq;
	attr->max_srq_wr = (1 << caps->log_max_srq_wr) - 1;
	attr->max_srq_sge = caps->max_rq_desc / DATA_SEGMENT - 1;
	attr->max_ah = INT_MAX;
	attr->max_mcast_grp = caps->max_mcast;
	attr->max_mcast_qp_attach = caps->max_mcast_qp;
	attr->max_total_mcast_qp_attach =
		min_t(u64, (u64)caps->max_mcast * caps->max_mcast_qp, INT_MAX);
}

static void fill_qps(const struct up_caps *caps, struct ib_device_attr *attr)
{
	u32 send_desc = min_t(u32, caps->max_sq_desc, SEND_DESC);
	u32 rd = 1u << caps->log_max_rd_atomic;

	attr->max_qp = caps->max_qp;
	/* What the longest send WQEs leave room for. */
	attr->max_qp_wr = (1u << caps->log_max_qp_wr) / DIV_ROUND_UP(caps->max_sq_desc, BLOCK);
	attr->max_send_sge = (send_desc - SEND_HEAD) / DATA_SEGMENT;
	attr->max_recv_sge = caps->max_rq_desc / DATA_SEGMENT;
	attr->max_sge_rd = READ_SGE;
	attr->max_qp_rd_atom = rd;
	attr->max_qp_init_rd_atom = rd;
	attr->max_res_rd_atom = min_t(u64, (u64)rd * caps->max_qp, INT_MAX);
}

static int query_device(struct ib_device *ibdev, struct ib_device_attr *attr,
			struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibdev);
	const struct up_caps *caps = &dev->caps;
	struct mlx5_ib_query_device_resp resp = {};

	if (udata && udata->inlen && !ib_is_udata_cleared(udata, 0, udata->inlen))
		return -EINVAL;
	memset(attr, 0, sizeof(*attr));
	attr->fw_ver = (u64)caps->fw_major << 32 | (caps->fw_minor & 0xffff) << 16 |
		       (caps->fw_sub & 0xffff);
	attr->sys_image_guid = caps->sys_image_guid;
	attr->vendor_id = caps->vendor_id;
	attr->vendor_part_id = caps->vendor_part_id;
	attr->hw_ver = caps->hw_revision;
	attr->max_pkeys = dev->port.n_pkeys;
	attr->local_ca_ack_delay = caps->local_ca_ack_delay;
	if (up_clock_is_there(dev)) {
		attr->hca_core_clock = caps->device_frequency_khz;
		attr->timestamp_mask = GENMASK_ULL(62, 0);
	}
	fill_flags(caps, attr);
	fill_objects(caps, attr);
	fill_qps(caps, attr);

	/* None of mlx5's extras: all zero. */
	if (!udata || !udata->outlen)
		return 0;
	resp.response_length = min(udata->outlen, sizeof(resp));
	return ib_copy_to_udata(udata, &resp, resp.response_length);
}

static void get_fw_string(struct ib_device *ibdev, char *text)
{
	const struct up_caps *caps = &to_up_dev(ibdev)->caps;

	snprintf(text, IB_FW_VERSION_NAME_MAX, "%u.%u.%04u", caps->fw_major, caps->fw_minor,
		 caps->fw_sub);
}

/* The attributes in which tools look for what hardware it is. */
static ssize_t hca_type_show(struct device *device, struct device_attribute *attribute, char *buf)
{
	struct up_dev *dev = rdma_device_to_drv_device(device, struct up_dev, ibdev);

	return sysfs_emit(buf, "MT%u\n", dev->caps.vendor_part_id);
}
static DEVICE_ATTR_RO(hca_type);

static ssize_t hw_rev_show(struct device *device, struct device_attribute *attribute, char *buf)
{
	struct up_dev *dev = rdma_device_to_drv_device(device, struct up_dev, ibdev);

	return sysfs_emit(buf, "%x\n", dev->caps.hw_revision);
}
static DEVICE_ATTR_RO(hw_rev);

static struct attribute *attributes[] = {
	&dev_attr_hca_type.attr,
	&dev_attr_hw_rev.attr,
	NULL,
};

static const struct attribute_group attribute_group = { .attrs = attributes };

/*
 * User space takes this for an mlx5 device, which is what libmlx5 goes by.
 * The verbs that kernel users need are missing, so that none of them attaches.
 */
static const struct ib_device_ops ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_MLX5,
	.uverbs_abi_ver = MLX5_IB_UVERBS_ABI_VERSION,

	.query_device = query_device,
	.get_dev_fw_str = get_fw_string,
	.device_group = &attribute_group,
	.query_port = up_query_port,
	.query_gid = up_query_gid,
	.query_pkey = up_query_pkey,
	.get_port_immutable = up_get_port_immutable,
	.get_link_layer = up_get_link_layer,

	.alloc_ucontext = up_alloc_ucontext,
	.dealloc_ucontext = up_dealloc_ucontext,
	.query_ucontext = up_query_ucontext,
	.disassociate_ucontext = up_disassociate_ucontext,
	.mmap = up_mmap,
	.mmap_free = up_mmap_free,

	.alloc_pd = up_alloc_pd,
	.dealloc_pd = up_dealloc_pd,
	.alloc_xrcd = up_alloc_xrcd,
	.dealloc_xrcd = up_dealloc_xrcd,
	.create_ah = up_create_ah,
	.create_user_ah = up_create_ah,
	.destroy_ah = up_destroy_ah,

	.reg_user_mr = up_reg_user_mr,
	.rereg_user_mr = up_rereg_user_mr,
	.dereg_mr = up_dereg_mr,

	.create_cq = up_create_cq,
	.up_compat_resize_cq = up_resize_cq,
	.modify_cq = up_modify_cq,
	.destroy_cq = up_destroy_cq,

	.create_srq = up_create_srq,
	.modify_srq = up_modify_srq,
	.query_srq = up_query_srq,
	.destroy_srq = up_destroy_srq,

	.create_qp = up_create_qp,
	.modify_qp = up_modify_qp,
	.query_qp = up_query_qp,
	.destroy_qp = up_destroy_qp,
	.attach_mcast = up_attach_mcast,
	.detach_mcast = up_detach_mcast,

	INIT_RDMA_OBJ_SIZE(ib_ah, up_ah, ibah),
	INIT_RDMA_OBJ_SIZE(ib_cq, up_cq, ibcq),
	INIT_RDMA_OBJ_SIZE(ib_pd, up_pd, ibpd),
	INIT_RDMA_OBJ_SIZE(ib_qp, up_qp, ibqp),
	INIT_RDMA_OBJ_SIZE(ib_srq, up_srq, ibsrq),
	INIT_RDMA_OBJ_SIZE(ib_ucontext, up_ucontext, ibucontext),
	INIT_RDMA_OBJ_SIZE(ib_xrcd, up_xrcd, ibxrcd),
};

static const struct uapi_definition definitions[] = {
	UAPI_DEF_CHAIN(up_uar_defs),
	UAPI_DEF_CHAIN(up_cq_defs),
	UAPI_DEF_CHAIN(up_ucontext_defs),
	UAPI_DEF_CHAIN(up_pd_defs),
	UAPI_DEF_CHAIN(up_port_defs),
	{}
};

int up_device_register(struct up_dev *dev)
{
	struct ib_device *ibdev = &dev->ibdev;
	int err;

	ibdev->node_type = RDMA_NODE_IB_CA;
	ibdev->node_guid = dev->caps.node_guid;
	ibdev->phys_port_cnt = dev->caps.n_ports;
	ibdev->num_comp_vectors = dev->n_eqs;
	ibdev->dev.parent = &dev->pdev->dev;
	ibdev->driver_def = definitions;
	strscpy(ibdev->node_desc, "underpass", sizeof(ibdev->node_desc));
	ib_set_device_ops(ibdev, &ops);

	/* No DMA device: guest-physical addresses are ours to find, see pages.h. */
	err = ib_register_device(ibdev, "underpass%d", NULL);
	if (!err)
		WRITE_ONCE(dev->registered, true);
	return err;
}

void up_device_unregister(struct up_dev *dev)
{
	WRITE_ONCE(dev->registered, false);
	flush_work(&dev->event_work);
	flush_work(&dev->fatal_work);
	ib_unregister_device(&dev->ibdev);
}
