// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the guest learns of the HCA and its port. Must never know objects.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/port.h"
#include "host-backend/hca/qp.h"
#include "host-backend/hca/registers.h"
#include "host-backend/hca/timer.h"
#include "host-backend/pv/private.h"

enum {
	OUI = 0x2c9,			/* of the maker, as IBA NodeInfo:VendorID has it */
	MAX_GIDS = 16, MAX_PKEYS = 128,	/* in one answer */
	PTYS_WIDTH_2X = 1 << 1,
};

static uint64_t cap(struct pv *pv, uint32_t field)
{
	return ifc_get(hca_caps(pv->adapter.hca), field);
}

static uint32_t least(uint64_t limit, uint64_t offered)
{
	uint64_t least = limit < offered ? limit : offered;

	return htole32(least < UINT32_MAX ? (uint32_t)least : UINT32_MAX);
}

static void fill_limits(struct pv *pv, struct up_query_device_out *out)
{
	const struct pv_limits *l = &pv->config.limits;
	uint64_t mr = 1ull << cap(pv, cmd_hca_cap__log_max_mrw_sz);

	mr = mr < l->mr_bytes ? mr : l->mr_bytes;
	out->max_mr_bytes = htole64(mr < l->bytes ? mr : l->bytes);
	out->max_pd = least(l->pds, 1ull << cap(pv, cmd_hca_cap__log_max_pd));
	out->max_mr = least(l->mrs, 1ull << cap(pv, cmd_hca_cap__log_max_mkey));
	out->max_cq = least(l->cqs, 1ull << cap(pv, cmd_hca_cap__log_max_cq));
	out->max_qp = least(l->qps, 1ull << cap(pv, cmd_hca_cap__log_max_qp));
	out->max_srq = least(l->srqs, 1ull << cap(pv, cmd_hca_cap__log_max_srq));
	out->max_xrcd = least(l->xrcds, 1ull << cap(pv, cmd_hca_cap__log_max_xrcd));
	out->max_eq = htole32(l->eqs);
	out->max_mcast = least(l->mcasts, 1ull << cap(pv, cmd_hca_cap__log_max_mcg));
	out->max_mcast_qp = least(l->mcasts, cap(pv, cmd_hca_cap__max_qp_mcg));
	out->max_runs = htole32(l->runs);
}

static void fill_sizes(struct pv *pv, struct up_query_device_out *out)
{
	uint64_t req = cap(pv, cmd_hca_cap__log_max_ra_req_qp);
	uint64_t res = cap(pv, cmd_hca_cap__log_max_ra_res_qp);

	out->log_max_cq = (uint8_t)cap(pv, cmd_hca_cap__log_max_cq_sz);
	out->log_max_qp_wr = (uint8_t)cap(pv, cmd_hca_cap__log_max_qp_sz);
	out->log_max_srq_wr = (uint8_t)cap(pv, cmd_hca_cap__log_max_srq_sz);
	out->log_max_rd_atomic = (uint8_t)(req < res ? req : res);
	out->log_max_msg = (uint8_t)cap(pv, cmd_hca_cap__log_max_msg);
	out->log_bf_reg = (uint8_t)cap(pv, cmd_hca_cap__log_bf_reg_size);
	out->cqe_version = (uint8_t)cap(pv, cmd_hca_cap__cqe_version);
	out->max_sq_desc = htole32((uint32_t)cap(pv, cmd_hca_cap__max_wqe_sz_sq));
	out->max_rq_desc = htole32((uint32_t)cap(pv, cmd_hca_cap__max_wqe_sz_rq));
	out->device_frequency_khz = htole32((uint32_t)cap(pv, cmd_hca_cap__device_frequency_khz));
	out->local_ca_ack_delay = htole32((uint32_t)cap(pv, cmd_hca_cap__local_ca_ack_delay));
}

static uint32_t flags(struct pv *pv)
{
	return (cap(pv, cmd_hca_cap__xrc) ? UP_DEVICE_XRC : 0u) |
	       (hca_caps_atomic(pv->adapter.hca) ? UP_DEVICE_ATOMIC : 0u) |
	       (cap(pv, cmd_hca_cap__cq_resize) ? UP_DEVICE_CQ_RESIZE : 0u) |
	       (cap(pv, cmd_hca_cap__cq_moderation) ? UP_DEVICE_CQ_MODERATION : 0u) |
	       UP_DEVICE_CQE_128;
}

enum up_result pv_query_device(struct pv *pv, struct pv_command *cmd)
{
	struct up_query_device_out *out = (void *)cmd->out;
	struct hca_identity id;
	struct hca_port_info port;
	int err;

	err = hca_port_query(pv->adapter.hca, 1, &port);
	if (err)
		return pv_hca_result(pv, cmd, err);
	hca_identity(pv->adapter.hca, &id);
	out->node_guid = htobe64(port.node_guid);
	out->sys_image_guid = htobe64(port.system_guid);
	out->vendor_id = htole32(OUI);
	out->vendor_part_id = htole32(id.device);
	out->fw_major = htole32(id.fw_major);
	out->fw_minor = htole32(id.fw_minor);
	out->fw_sub = htole32(id.fw_sub);
	out->n_ports = (uint8_t)id.n_ports;
	out->flags = htole32(flags(pv));
	fill_limits(pv, out);
	fill_sizes(pv, out);
	return UP_OK;
}

/* IBA PortInfo:LinkWidthActive has the bits in another order. */
static uint8_t width_of(uint16_t width)
{
	return (uint8_t)(width == PTYS_WIDTH_2X ? 16 : width > PTYS_WIDTH_2X ? width >> 1 : width);
}

static uint8_t mtu_of(uint16_t bytes)
{
	uint8_t code = HCA_MTU_256;

	while (code < HCA_MTU_4096 && 128u << (code + 1) <= bytes)
		code++;
	return code;
}

static int fill_link(struct pv *pv, uint32_t port, struct up_query_port_out *out)
{
	struct hca *hca = pv->adapter.hca;
	struct hca_link link;
	struct hca_link_mtu mtu;
	struct hca_link_vls vls;
	int err;

	err = hca_reg_link(hca, port, &link);
	if (!err)
		err = hca_reg_mtu(hca, port, &mtu);
	if (!err)
		err = hca_reg_vls(hca, port, &vls);
	if (err)
		return err;
	out->link_width = width_of(link.width);
	out->link_speed = htole32(link.speed);
	out->max_mtu = mtu_of(mtu.max);
	out->active_mtu = mtu_of(mtu.now);
	out->max_vls = htole32(vls.caps);
	return 0;
}

enum up_result pv_query_port(struct pv *pv, struct pv_command *cmd)
{
	const struct up_query_port *in = (const void *)cmd->in;
	struct up_query_port_out *out = (void *)cmd->out;
	uint32_t port = le32toh(in->port);
	struct hca *hca = pv->adapter.hca;
	struct hca_port_info info;
	int err;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_query_port, reserved));
	err = hca_port_query(hca, port, &info);
	if (!err)
		err = fill_link(pv, port, out);
	if (err)
		return pv_hca_result(pv, cmd, err);
	out->state = info.state;
	out->phys_state = info.phys_state;
	out->lmc = info.lmc;
	out->sm_sl = info.sm_sl;
	out->subnet_timeout = info.subnet_timeout;
	out->lid = htole16(info.lid);
	out->sm_lid = htole16(info.sm_lid);
	out->cap_mask = htole32(info.caps);
	out->n_gids = htole32((uint32_t)hca_port_n_gids(hca));
	out->n_pkeys = htole32((uint32_t)hca_port_n_pkeys(hca));
	out->max_msg = htole32(1u << cap(pv, cmd_hca_cap__log_max_msg));
	out->qkey_violations = htole32(info.qkey_violations);
	out->pkey_violations = htole32(info.pkey_violations);
	return UP_OK;
}

/* Which part of a table of @n entries is asked for: how many there are to give. */
static enum up_result check_window(struct pv_command *cmd, size_t n, uint32_t most,
				   uint32_t *first, uint32_t *count)
{
	const struct up_query_table *in = (const void *)cmd->in;

	*first = le32toh(in->first);
	*count = le32toh(in->count);
	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_query_table, reserved));
	if (!*count || *count > most)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_query_table, count));
	if (*first >= n)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_query_table, first));
	if (*count > n - *first)
		*count = (uint32_t)(n - *first);
	return UP_OK;
}

enum up_result pv_query_gids(struct pv *pv, struct pv_command *cmd)
{
	const struct up_query_table *in = (const void *)cmd->in;
	struct up_query_gids_out *out = (void *)cmd->out;
	size_t n = hca_port_n_gids(pv->adapter.hca);
	uint32_t first, count;
	enum up_result result = check_window(cmd, n, MAX_GIDS, &first, &count);
	uint8_t (*gids)[16];
	int err;

	if (result)
		return result;
	gids = calloc(n, sizeof(*gids));
	if (!gids)
		return UP_NO_RESOURCES;
	err = hca_port_gids(pv->adapter.hca, le32toh(in->port), gids);
	if (!err)
		memcpy(out->gids, gids + first, count * sizeof(*gids));
	free(gids);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

enum up_result pv_query_pkeys(struct pv *pv, struct pv_command *cmd)
{
	const struct up_query_table *in = (const void *)cmd->in;
	struct up_query_pkeys_out *out = (void *)cmd->out;
	size_t n = hca_port_n_pkeys(pv->adapter.hca);
	uint32_t first, count, i;
	enum up_result result = check_window(cmd, n, MAX_PKEYS, &first, &count);
	uint16_t *pkeys;
	int err;

	if (result)
		return result;
	pkeys = calloc(n, sizeof(*pkeys));
	if (!pkeys)
		return UP_NO_RESOURCES;
	err = hca_port_pkeys(pv->adapter.hca, le32toh(in->port), pkeys);
	for (i = 0; !err && i < count; i++)
		out->pkeys[i] = htole16(pkeys[first + i]);
	free(pkeys);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

enum up_result pv_query_clock(struct pv *pv, struct pv_command *cmd)
{
	struct up_query_clock_out *out = (void *)cmd->out;
	uint64_t cycles = 0;
	int err = hca_timer_read(pv->adapter.hca, &cycles);

	out->cycles = htole64(cycles);
	out->bits = htole32(HCA_TIMER_BITS);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}
