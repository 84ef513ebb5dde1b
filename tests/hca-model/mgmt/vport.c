// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the vport commands: the port as ib_virt shows it. It must never know
 * MADs.
 */
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/pma.h"

enum {
	INDEX_ALL = 0xffff,
	PKEY_BYTES = 4,			/* 16 reserved bits, 16 bits P_Key */
	SEL_PORT_GUID = 1 << 0, SEL_NODE_GUID = 1 << 1, SEL_POLICY = 1 << 2,
	POLICY_DOWN = 0, POLICY_UP = 1, POLICY_FOLLOW = 2,
	VPORT_UP = 1,
	/* Capability bits that consumers of the port may set. */
	CAP_SETTABLE = PORT_CAP_SM | PORT_CAP_CM | 1 << 17 | 1 << 18 | 1 << 19 | 1 << 21,
	OPMOD_VNIC = 0, OPMOD_ESW = 1, OPMOD_UPLINK = 2,
};

/* One physical function, one port: nothing else can be addressed. */
static bool is_own(const struct cmd *cmd, uint32_t other, uint32_t number, uint32_t port_num)
{
	return !ifc_get(cmd->in, other) && !ifc_get(cmd->in, number) &&
	       ifc_get(cmd->in, port_num) <= 1;
}

enum cmd_status cmd_query_hca_vport_context(struct cmd *cmd)
{
	uint8_t *ctx = cmd->out + query_hca_vport_context_out__hca_vport_context__BYTE;
	const struct port *port = cmd->hca->port;

	if (!is_own(cmd, query_hca_vport_context_in__other_vport,
		    query_hca_vport_context_in__vport_number,
		    query_hca_vport_context_in__port_num))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such vport");
	ifc_set(ctx, hca_vport_context__has_smi, 1);
	ifc_set(ctx, hca_vport_context__port_physical_state, port->phys_state);
	ifc_set(ctx, hca_vport_context__vport_state_policy, POLICY_FOLLOW);
	ifc_set(ctx, hca_vport_context__port_state, port->state);
	ifc_set(ctx, hca_vport_context__vport_state, port->state);
	ifc_set(ctx, hca_vport_context__system_image_guid, port->sys_guid);
	ifc_set(ctx, hca_vport_context__port_guid, port->port_guid);
	ifc_set(ctx, hca_vport_context__node_guid, port->node_guid);
	ifc_set(ctx, hca_vport_context__cap_mask1, port->cap_mask);
	ifc_set(ctx, hca_vport_context__cap_mask1_field_select, CAP_SETTABLE);
	ifc_set(ctx, hca_vport_context__lid, port->lid);
	ifc_set(ctx, hca_vport_context__lmc, port->lmc);
	ifc_set(ctx, hca_vport_context__subnet_timeout, port->subnet_timeout);
	ifc_set(ctx, hca_vport_context__sm_lid, port->sm_lid);
	ifc_set(ctx, hca_vport_context__sm_sl, port->sm_sl);
	ifc_set(ctx, hca_vport_context__qkey_violation_counter, port->qkey_violations);
	ifc_set(ctx, hca_vport_context__pkey_violation_counter, port->pkey_violations);
	return CMD_OK;
}

enum cmd_status cmd_modify_hca_vport_context(struct cmd *cmd)
{
	const uint8_t *ctx = cmd->in + modify_hca_vport_context_in__hca_vport_context__BYTE;
	uint32_t select = (uint32_t)ifc_get(ctx, hca_vport_context__field_select);
	uint32_t mask = (uint32_t)ifc_get(ctx, hca_vport_context__cap_mask1_field_select);
	uint32_t caps = (uint32_t)ifc_get(ctx, hca_vport_context__cap_mask1);
	struct port *port = cmd->hca->port;

	if (!is_own(cmd, modify_hca_vport_context_in__other_vport,
		    modify_hca_vport_context_in__vport_number,
		    modify_hca_vport_context_in__port_num))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such vport");
	if (select & ~(uint32_t)(SEL_PORT_GUID | SEL_NODE_GUID | SEL_POLICY))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "unknown field_select");
	if (mask & ~(uint32_t)CAP_SETTABLE)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "capability cannot be changed");
	if (select & SEL_POLICY &&
	    ifc_get(ctx, hca_vport_context__vport_state_policy) > POLICY_FOLLOW)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "unknown vport state policy");
	port->cap_mask = (port->cap_mask & ~mask) | (caps & mask);
	if (select & SEL_NODE_GUID)
		port->node_guid = ifc_get(ctx, hca_vport_context__node_guid);
	if (select & SEL_PORT_GUID) {
		port->port_guid = ifc_get(ctx, hca_vport_context__port_guid);
		port_set_prefix(port, port->subnet_prefix);
		port->ops->changed(port->owner, PORT_CHANGE_GUID);
	}
	if (select & SEL_POLICY)
		port_set_admin(port, ifc_get(ctx, hca_vport_context__vport_state_policy) !=
				     POLICY_DOWN);
	return CMD_OK;
}

enum cmd_status cmd_query_hca_vport_gid(struct cmd *cmd)
{
	uint32_t index = (uint32_t)ifc_get(cmd->in, query_hca_vport_gid_in__gid_index);
	uint32_t first = index == INDEX_ALL ? 0 : index;
	uint32_t n = index == INDEX_ALL ? PORT_GIDS : 1;
	uint8_t *out = cmd->out + query_hca_vport_gid_out__gid__BYTE;

	if (!is_own(cmd, query_hca_vport_gid_in__other_vport,
		    query_hca_vport_gid_in__vport_number, query_hca_vport_gid_in__port_num))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such vport");
	if (first >= PORT_GIDS)
		return CMD_REFUSE(cmd, CMD_BAD_INDEX, "GID index beyond the table");
	if (cmd->out_len < query_hca_vport_gid_out__gid__BYTE + n * 16)
		return CMD_REFUSE(cmd, CMD_BAD_OUTPUT_LEN, "no room for the GIDs");
	ifc_set(cmd->out, query_hca_vport_gid_out__gids_num, n);
	memcpy(out, cmd->hca->port->gid[first], n * 16);
	return CMD_OK;
}

enum cmd_status cmd_query_hca_vport_pkey(struct cmd *cmd)
{
	uint32_t index = (uint32_t)ifc_get(cmd->in, query_hca_vport_pkey_in__pkey_index);
	uint32_t first = index == INDEX_ALL ? 0 : index;
	uint32_t n = index == INDEX_ALL ? PORT_PKEYS : 1;
	uint8_t *out = cmd->out + query_hca_vport_pkey_out__pkey__BYTE;
	uint32_t i;

	if (!is_own(cmd, query_hca_vport_pkey_in__other_vport,
		    query_hca_vport_pkey_in__vport_number, query_hca_vport_pkey_in__port_num))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such vport");
	if (first >= PORT_PKEYS)
		return CMD_REFUSE(cmd, CMD_BAD_INDEX, "P_Key index beyond the table");
	if (cmd->out_len < query_hca_vport_pkey_out__pkey__BYTE + n * PKEY_BYTES)
		return CMD_REFUSE(cmd, CMD_BAD_OUTPUT_LEN, "no room for the P_Keys");
	for (i = 0; i < n; i++)
		ifc_store32(out + i * PKEY_BYTES, cmd->hca->port->pkey[first + i]);
	return CMD_OK;
}

enum cmd_status cmd_query_vport_state(struct cmd *cmd)
{
	const struct port *port = cmd->hca->port;

	if (cmd->op_mod > OPMOD_UPLINK || ifc_get(cmd->in, query_vport_state_in__other_vport) ||
	    ifc_get(cmd->in, query_vport_state_in__vport_number))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such vport");
	ifc_set(cmd->out, query_vport_state_out__admin_state, port->admin_up ? VPORT_UP : 0);
	ifc_set(cmd->out, query_vport_state_out__state, port->state == PORT_ACTIVE ? VPORT_UP : 0);
	return CMD_OK;
}

static void put_traffic(uint8_t *out, uint64_t packets, uint64_t octets)
{
	ifc_set(out, traffic_counter__packets, packets);
	ifc_set(out, traffic_counter__octets, octets);
}

/* Bytes are counted per direction only: they are shown where most packets went. */
static void put_direction(uint8_t *unicast, uint8_t *multicast, uint64_t n_unicast,
			  uint64_t n_multicast, uint64_t bytes)
{
	bool mostly_multicast = n_multicast > n_unicast;

	put_traffic(unicast, n_unicast, mostly_multicast ? 0 : bytes);
	put_traffic(multicast, n_multicast, mostly_multicast ? bytes : 0);
}

enum cmd_status cmd_query_vport_counter(struct cmd *cmd)
{
	struct port *port = cmd->hca->port;
	struct port_counters c;
	uint8_t *out = cmd->out;

	if (!is_own(cmd, query_vport_counter_in__other_vport,
		    query_vport_counter_in__vport_number, query_vport_counter_in__port_num))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such vport");
	counters_since(&port->count, &port->vport_base, &c);
	put_traffic(out + query_vport_counter_out__received_errors__BYTE, c.rcv_errors, 0);
	put_traffic(out + query_vport_counter_out__transmit_errors__BYTE, c.xmit_discards, 0);
	put_direction(out + query_vport_counter_out__received_ib_unicast__BYTE,
		      out + query_vport_counter_out__received_ib_multicast__BYTE,
		      c.unicast_rcv, c.multicast_rcv, c.rcv_bytes);
	put_direction(out + query_vport_counter_out__transmitted_ib_unicast__BYTE,
		      out + query_vport_counter_out__transmitted_ib_multicast__BYTE,
		      c.unicast_xmit, c.multicast_xmit, c.xmit_bytes);
	if (ifc_get(cmd->in, query_vport_counter_in__clear))
		port->vport_base = port->count;
	return CMD_OK;
}
