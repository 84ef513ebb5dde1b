/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the access registers of the port that a driver reads: link, MTU, virtual
 * lanes, node description. Must never know MADs.
 */
#ifndef HCA_REGISTERS_H
#define HCA_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

struct hca;

/* Bits, from PTYS: widths 1x 2x 4x 8x 12x, speeds SDR DDR QDR FDR10 FDR EDR HDR NDR. Now: one each. */
struct hca_link {
	uint16_t width_caps, width;
	uint16_t speed_caps, speed;
};

/* Bytes, from PMTU. */
struct hca_link_mtu {
	uint16_t max, admin, now;
};

/* Numbers of virtual lanes, coded as IBA PortInfo:VLCap, from PVLC. */
struct hca_link_vls {
	uint8_t caps, admin, now;
};

enum { HCA_NODE_DESC_BYTES = 64 };

/* Errors of hca_cmd(); -EINVAL no such port; -EIO another port's answer, or an MTU no port has. */
int hca_reg_link(struct hca *hca, unsigned int port, struct hca_link *link);
int hca_reg_mtu(struct hca *hca, unsigned int port, struct hca_link_mtu *mtu);
int hca_reg_vls(struct hca *hca, unsigned int port, struct hca_link_vls *vls);
/* Not terminated when all bytes are used. */
int hca_reg_node_desc(struct hca *hca, uint8_t desc[HCA_NODE_DESC_BYTES]);
int hca_reg_node_desc_set(struct hca *hca, const uint8_t desc[HCA_NODE_DESC_BYTES]);

#endif
