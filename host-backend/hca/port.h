/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on the function's port: state, addresses, GID and P_Key
 * tables. Must never know registers or MADs.
 */
#ifndef HCA_PORT_H
#define HCA_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hca;

enum hca_port_state {
	HCA_PORT_NOP, HCA_PORT_DOWN, HCA_PORT_INIT, HCA_PORT_ARMED, HCA_PORT_ACTIVE,
};

struct hca_port_info {
	uint8_t state;			/* HCA_PORT_* */
	uint8_t phys_state;		/* 5: link up */
	uint8_t policy;			/* of the function's own state: HCA_PORT_POLICY_* */
	bool has_smi, grh_required;
	uint64_t system_guid, port_guid, node_guid;
	uint32_t caps;			/* IBA PortInfo:CapabilityMask */
	uint32_t caps_changeable;
	uint16_t lid, sm_lid;
	uint8_t lmc, sm_sl, subnet_timeout, init_type_reply;
	uint16_t qkey_violations, pkey_violations;
};

/* @port: 1..n of hca_identity(). Errors of hca_cmd(), -EINVAL: no such port. */
int hca_port_query(struct hca *hca, unsigned int port, struct hca_port_info *info);

/* Sizes of the tables, from the capabilities. */
size_t hca_port_n_gids(const struct hca *hca);
size_t hca_port_n_pkeys(const struct hca *hca);
/* Whole tables by one command; room for that many. -EIO also when it gave another number of GIDs. */
int hca_port_gids(struct hca *hca, unsigned int port, uint8_t (*gids)[16]);
int hca_port_pkeys(struct hca *hca, unsigned int port, uint16_t *pkeys);

enum {
	HCA_PORT_POLICY_DOWN, HCA_PORT_POLICY_UP, HCA_PORT_POLICY_FOLLOW,

	/* What hca_port_modify() changes (include/linux/mlx5/device.h). */
	HCA_PORT_SET_PORT_GUID	= 1 << 0,
	HCA_PORT_SET_NODE_GUID	= 1 << 1,
	HCA_PORT_SET_POLICY	= 1 << 2,
};

/* @fields: HCA_PORT_SET_*; @caps: new values of the capability bits in @caps_mask. */
struct hca_port_change {
	uint32_t fields;
	uint64_t port_guid, node_guid;
	uint8_t policy;
	uint32_t caps, caps_mask;
};

int hca_port_modify(struct hca *hca, unsigned int port, const struct hca_port_change *change);

#endif
