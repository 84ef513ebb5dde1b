// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on the function's port. Must never know registers or MADs.
 */
#include "host-backend/hca/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/object.h"

enum {
	WHOLE_TABLE = 0xffff,		/* index */
	GID_BYTES = 16, PKEY_BYTES = 4,	/* in the answer; 16 bits of each P_Key are reserved */
	MIN_GIDS = 8, MAX_GID_CODE = 4,	/* gid_table_size: 8 << code */
	MIN_PKEYS = 128, MAX_PKEY_CODE = 5,
	PHYS_STATE_MAX = 7,		/* IBA PortInfo:PortPhysicalState */
	SET_ALL = HCA_PORT_SET_PORT_GUID | HCA_PORT_SET_NODE_GUID | HCA_PORT_SET_POLICY,
};

/* All vport commands have the port at the same place, and name it only where there are two. */
static int head(struct hca *hca, void *in, enum hca_opcode opcode, unsigned int port)
{
	struct hca_identity identity;

	hca_identity(hca, &identity);
	if (!port || port > identity.n_ports)
		return -EINVAL;
	hca_object_head(in, opcode, 0);
	if (identity.n_ports > 1)
		ifc_set(in, query_hca_vport_context_in__port_num, port);
	return 0;
}

int hca_port_query(struct hca *hca, unsigned int port, struct hca_port_info *info)
{
	uint8_t in[query_hca_vport_context_in__SIZE] = { 0 };
	uint8_t out[query_hca_vport_context_out__SIZE] = { 0 };
	const uint8_t *c = out + query_hca_vport_context_out__hca_vport_context__BYTE;
	int ret = head(hca, in, HCA_OP_QUERY_HCA_VPORT_CONTEXT, port);

	if (ret)
		return ret;
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	if (ifc_get(c, hca_vport_context__vport_state) > HCA_PORT_ACTIVE ||
	    ifc_get(c, hca_vport_context__port_physical_state) > PHYS_STATE_MAX)
		return hca_cmd_nonsense(hca, in);
	*info = (struct hca_port_info){
		.state = (uint8_t)ifc_get(c, hca_vport_context__vport_state),
		.phys_state = (uint8_t)ifc_get(c, hca_vport_context__port_physical_state),
		.policy = (uint8_t)ifc_get(c, hca_vport_context__vport_state_policy),
		.has_smi = ifc_get(c, hca_vport_context__has_smi),
		.grh_required = ifc_get(c, hca_vport_context__grh_required),
		.system_guid = ifc_get(c, hca_vport_context__system_image_guid),
		.port_guid = ifc_get(c, hca_vport_context__port_guid),
		.node_guid = ifc_get(c, hca_vport_context__node_guid),
		.caps = (uint32_t)ifc_get(c, hca_vport_context__cap_mask1),
		.caps_changeable = (uint32_t)ifc_get(c, hca_vport_context__cap_mask1_field_select),
		.lid = (uint16_t)ifc_get(c, hca_vport_context__lid),
		.sm_lid = (uint16_t)ifc_get(c, hca_vport_context__sm_lid),
		.lmc = (uint8_t)ifc_get(c, hca_vport_context__lmc),
		.sm_sl = (uint8_t)ifc_get(c, hca_vport_context__sm_sl),
		.subnet_timeout = (uint8_t)ifc_get(c, hca_vport_context__subnet_timeout),
		.init_type_reply = (uint8_t)ifc_get(c, hca_vport_context__init_type_reply),
		.qkey_violations = (uint16_t)ifc_get(c, hca_vport_context__qkey_violation_counter),
		.pkey_violations = (uint16_t)ifc_get(c, hca_vport_context__pkey_violation_counter),
	};
	return 0;
}

size_t hca_port_n_gids(const struct hca *hca)
{
	uint64_t code = ifc_get(hca_caps(hca), cmd_hca_cap__gid_table_size);

	return code > MAX_GID_CODE ? 0 : (size_t)MIN_GIDS << code;
}

size_t hca_port_n_pkeys(const struct hca *hca)
{
	uint64_t code = ifc_get(hca_caps(hca), cmd_hca_cap__pkey_table_size);

	return code > MAX_PKEY_CODE ? 0 : (size_t)MIN_PKEYS << code;
}

/* A whole table into @out, which is allocated. */
static int table(struct hca *hca, unsigned int port, enum hca_opcode opcode, uint32_t index_field,
		 size_t bytes, uint8_t **out)
{
	uint8_t in[query_hca_vport_gid_in__SIZE] = { 0 };
	size_t olen = query_hca_vport_gid_out__gid__BYTE + bytes;
	int ret = head(hca, in, opcode, port);

	if (ret)
		return ret;
	*out = calloc(1, olen);
	if (!*out)
		return -ENOMEM;
	ifc_set(in, index_field, WHOLE_TABLE);
	ret = hca_cmd(hca, in, sizeof(in), *out, olen);
	if (!ret && opcode == HCA_OP_QUERY_HCA_VPORT_GID &&
	    ifc_get(*out, query_hca_vport_gid_out__gids_num) != bytes / GID_BYTES)
		ret = hca_cmd_nonsense(hca, in);
	if (ret)
		free(*out);
	return ret;
}

int hca_port_gids(struct hca *hca, unsigned int port, uint8_t (*gids)[16])
{
	size_t bytes = hca_port_n_gids(hca) * GID_BYTES;
	uint8_t *out;
	int ret = table(hca, port, HCA_OP_QUERY_HCA_VPORT_GID, query_hca_vport_gid_in__gid_index,
			bytes, &out);

	if (ret)
		return ret;
	memcpy(gids, out + query_hca_vport_gid_out__gid__BYTE, bytes);
	free(out);
	return 0;
}

int hca_port_pkeys(struct hca *hca, unsigned int port, uint16_t *pkeys)
{
	size_t n = hca_port_n_pkeys(hca), i;
	uint8_t *out;
	int ret = table(hca, port, HCA_OP_QUERY_HCA_VPORT_PKEY,
			query_hca_vport_pkey_in__pkey_index, n * PKEY_BYTES, &out);

	if (ret)
		return ret;
	for (i = 0; i < n; i++)
		pkeys[i] = (uint16_t)ifc_load32(out + query_hca_vport_pkey_out__pkey__BYTE +
						i * PKEY_BYTES);
	free(out);
	return 0;
}

int hca_port_modify(struct hca *hca, unsigned int port, const struct hca_port_change *change)
{
	uint8_t in[modify_hca_vport_context_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };
	uint8_t *c = in + modify_hca_vport_context_in__hca_vport_context__BYTE;
	int ret;

	if (change->fields & ~(uint32_t)SET_ALL || change->policy > HCA_PORT_POLICY_FOLLOW)
		return -EINVAL;
	ret = head(hca, in, HCA_OP_MODIFY_HCA_VPORT_CONTEXT, port);
	if (ret)
		return ret;
	ifc_set(c, hca_vport_context__field_select, change->fields);
	if (change->fields & HCA_PORT_SET_PORT_GUID)
		ifc_set(c, hca_vport_context__port_guid, change->port_guid);
	if (change->fields & HCA_PORT_SET_NODE_GUID)
		ifc_set(c, hca_vport_context__node_guid, change->node_guid);
	if (change->fields & HCA_PORT_SET_POLICY)
		ifc_set(c, hca_vport_context__vport_state_policy, change->policy);
	ifc_set(c, hca_vport_context__cap_mask1, change->caps & change->caps_mask);
	ifc_set(c, hca_vport_context__cap_mask1_field_select, change->caps_mask);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}
