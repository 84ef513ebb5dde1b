// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the driver says of its port: attributes, GIDs, P_Keys. Must never
 * know queues.
 *
 * The RDMA core reads tables entry by entry, a hundred of them at a time; one
 * command fetches a whole window, which then serves for a moment.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/mlx5_user_ioctl_verbs.h>

#include "command.h"
#include "port.h"

#define UVERBS_MODULE_NAME underpass
#include <rdma/uverbs_named_ioctl.h>

enum {
	GIDS_AT_ONCE = 16,
	PKEYS_AT_ONCE = 128,
	TABLE_MAX = 4096,
	MOMENT = HZ / 10,
};

static int query(struct up_dev *dev, u32 port, struct up_query_port_out *out)
{
	struct up_query_port in = { .port = cpu_to_le32(port) };

	return up_command(dev, UP_QUERY_PORT, &in, sizeof(in), out, sizeof(*out));
}

/* IBA PortInfo:VLCap. */
static u8 vl_code(u32 n)
{
	return n == 15 ? 5 : fls(n);
}

int up_port_init(struct up_dev *dev)
{
	struct up_port *port = &dev->port;
	struct up_query_port_out out;
	int err;

	err = query(dev, 1, &out);
	if (err)
		return err;
	port->n_gids = le32_to_cpu(out.n_gids);
	port->n_pkeys = le32_to_cpu(out.n_pkeys);
	if (!port->n_gids || port->n_gids > TABLE_MAX || !port->n_pkeys || port->n_pkeys > TABLE_MAX)
		return -EPROTO;
	port->gids = kcalloc(port->n_gids, sizeof(*port->gids), GFP_KERNEL);
	port->pkeys = kcalloc(port->n_pkeys, sizeof(*port->pkeys), GFP_KERNEL);
	if (port->gids && port->pkeys)
		return 0;
	up_port_exit(dev);
	return -ENOMEM;
}

void up_port_exit(struct up_dev *dev)
{
	kfree(dev->port.gids);
	kfree(dev->port.pkeys);
}

void up_port_changed(struct up_dev *dev)
{
	mutex_lock(&dev->port.lock);
	dev->port.gids_until = 0;
	dev->port.pkeys_until = 0;
	mutex_unlock(&dev->port.lock);
}

int up_query_port(struct ib_device *ibdev, u32 port, struct ib_port_attr *attr)
{
	struct up_query_port_out out;
	int err;

	err = query(to_up_dev(ibdev), port, &out);
	if (err)
		return err;
	attr->state = out.state;
	attr->phys_state = out.phys_state;
	attr->max_mtu = out.max_mtu;
	attr->active_mtu = out.active_mtu;
	attr->active_width = out.link_width;
	attr->active_speed = le32_to_cpu(out.link_speed);
	attr->lmc = out.lmc;
	attr->sm_sl = out.sm_sl;
	attr->subnet_timeout = out.subnet_timeout;
	attr->lid = le16_to_cpu(out.lid);
	attr->sm_lid = le16_to_cpu(out.sm_lid);
	attr->port_cap_flags = le32_to_cpu(out.cap_mask);
	attr->max_vl_num = vl_code(le32_to_cpu(out.max_vls));
	attr->gid_tbl_len = le32_to_cpu(out.n_gids);
	attr->pkey_tbl_len = le32_to_cpu(out.n_pkeys);
	attr->max_msg_sz = le32_to_cpu(out.max_msg);
	attr->qkey_viol_cntr = le32_to_cpu(out.qkey_violations);
	attr->bad_pkey_cntr = le32_to_cpu(out.pkey_violations);
	return 0;
}

static bool fresh(unsigned long until)
{
	return until && time_before(jiffies, until);
}

static int fetch_gids(struct up_dev *dev)
{
	struct up_port *port = &dev->port;
	struct up_query_gids_out out;
	u32 first, n;
	int err;

	for (first = 0; first < port->n_gids; first += n) {
		struct up_query_table in = { .port = cpu_to_le32(1), .first = cpu_to_le32(first) };

		n = min_t(u32, port->n_gids - first, GIDS_AT_ONCE);
		in.count = cpu_to_le32(n);
		err = up_command(dev, UP_QUERY_GIDS, &in, sizeof(in), &out, sizeof(out));
		if (err)
			return err;
		memcpy(&port->gids[first], out.gids, n * sizeof(port->gids[0]));
	}
	port->gids_until = (jiffies + MOMENT) | 1;
	return 0;
}

static int fetch_pkeys(struct up_dev *dev)
{
	struct up_port *port = &dev->port;
	struct up_query_pkeys_out out;
	u32 first, n, i;
	int err;

	for (first = 0; first < port->n_pkeys; first += n) {
		struct up_query_table in = { .port = cpu_to_le32(1), .first = cpu_to_le32(first) };

		n = min_t(u32, port->n_pkeys - first, PKEYS_AT_ONCE);
		in.count = cpu_to_le32(n);
		err = up_command(dev, UP_QUERY_PKEYS, &in, sizeof(in), &out, sizeof(out));
		if (err)
			return err;
		for (i = 0; i < n; i++)
			port->pkeys[first + i] = le16_to_cpu(out.pkeys[i]);
	}
	port->pkeys_until = (jiffies + MOMENT) | 1;
	return 0;
}

int up_query_gid(struct ib_device *ibdev, u32 port, int index, union ib_gid *gid)
{
	struct up_dev *dev = to_up_dev(ibdev);
	int err = 0;

	if (index < 0 || index >= dev->port.n_gids)
		return -EINVAL;
	mutex_lock(&dev->port.lock);
	if (!fresh(dev->port.gids_until))
		err = fetch_gids(dev);
	if (!err)
		*gid = dev->port.gids[index];
	mutex_unlock(&dev->port.lock);
	return err;
}

int up_query_pkey(struct ib_device *ibdev, u32 port, u16 index, u16 *pkey)
{
	struct up_dev *dev = to_up_dev(ibdev);
	int err = 0;

	if (index >= dev->port.n_pkeys)
		return -EINVAL;
	mutex_lock(&dev->port.lock);
	if (!fresh(dev->port.pkeys_until))
		err = fetch_pkeys(dev);
	if (!err)
		*pkey = dev->port.pkeys[index];
	mutex_unlock(&dev->port.lock);
	return err;
}

/*
 * InfiniBand, but nothing that kernel users could build on: without kernel
 * verbs there are no MADs, hence no CM and no SA.
 */
int up_get_port_immutable(struct ib_device *ibdev, u32 port, struct ib_port_immutable *immutable)
{
	struct ib_port_attr attr;
	int err;

	immutable->core_cap_flags = RDMA_CORE_CAP_PROT_IB;
	err = ib_query_port(ibdev, port, &attr);
	if (err)
		return err;
	immutable->pkey_tbl_len = attr.pkey_tbl_len;
	immutable->gid_tbl_len = attr.gid_tbl_len;
	return 0;
}

enum rdma_link_layer up_get_link_layer(struct ib_device *ibdev, u32 port)
{
	return IB_LINK_LAYER_INFINIBAND;
}

/* What mlx5dv asks beyond: where the port is in an embedded switch. It is in none. */
static int UVERBS_HANDLER(MLX5_IB_METHOD_QUERY_PORT)(struct uverbs_attr_bundle *attrs)
{
	struct ib_ucontext *context = ib_uverbs_get_ucontext(attrs);
	struct mlx5_ib_uapi_query_port info = {};
	u32 port;
	int err;

	if (IS_ERR(context))
		return PTR_ERR(context);
	err = uverbs_copy_from(&port, attrs, MLX5_IB_ATTR_QUERY_PORT_PORT_NUM);
	if (err)
		return err;
	if (!rdma_is_port_valid(context->device, port))
		return -EINVAL;
	return uverbs_copy_to_struct_or_zero(attrs, MLX5_IB_ATTR_QUERY_PORT, &info, sizeof(info));
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_QUERY_PORT,
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_QUERY_PORT_PORT_NUM, UVERBS_ATTR_TYPE(u32), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_PORT,
			    UVERBS_ATTR_STRUCT(struct mlx5_ib_uapi_query_port, reg_c0),
			    UA_MANDATORY));

ADD_UVERBS_METHODS(up_port_methods, UVERBS_OBJECT_DEVICE,
		   &UVERBS_METHOD(MLX5_IB_METHOD_QUERY_PORT));

const struct uapi_definition up_port_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &up_port_methods),
	{}
};
