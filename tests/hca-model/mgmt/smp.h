/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the subnet management agent of a port. It must never know HCAs or
 * commands.
 */
#ifndef HCA_MODEL_MGMT_SMP_H
#define HCA_MODEL_MGMT_SMP_H

#include <stdbool.h>
#include <stdint.h>

struct packet;
struct port;

/**
 * smp_answer - what the SMA makes of a request
 * @port:       the port it came in by
 * @mad:        256 bytes; the request, replaced by the answer
 * @check_mkey: refuse what the port's M_Key protects
 *
 * Leaves the route of directed-route SMPs alone.
 *
 * Return: false when there is no answer (M_Key mismatch, TrapRepress).
 */
bool smp_answer(struct port *port, uint8_t *mad, bool check_mkey);

/**
 * smp_receive - a packet for QP0 of a port
 *
 * Return: false if the driver's QP0 must get it. See mgmt_receive().
 */
bool smp_receive(struct port *port, const struct packet *pkt);

/* --- pieces of PortInfo that a switch's ports share ---------------------------- */

/* Link width, speed, MTU, VLs and states of one end of a link. @data: 64 bytes. */
void portinfo_put_link(uint8_t *data, uint8_t state, uint8_t phys_state, uint32_t mtu);
/* The whole PortInfo of an HCA's port. */
void portinfo_put(uint8_t *data, const struct port *port);
/* Set(PortInfo) on an HCA's port; the status of the answer. */
uint16_t portinfo_set(struct port *port, const uint8_t *data);

enum {
	PORTINFO_MKEY = 0, PORTINFO_PREFIX = 8, PORTINFO_LID = 16, PORTINFO_SM_LID = 18,
	PORTINFO_CAP = 20, PORTINFO_MKEY_LEASE = 26, PORTINFO_LOCAL_PORT = 28,
	PORTINFO_WIDTH_ENABLED = 29, PORTINFO_WIDTH_SUPPORTED = 30, PORTINFO_WIDTH_ACTIVE = 31,
	PORTINFO_SPEED_STATE = 32,	/* [7:4] speeds supported [3:0] state */
	PORTINFO_PHYS = 33,		/* [7:4] physical state [3:0] default when down */
	PORTINFO_MKEY_LMC = 34,		/* [7:6] M_Key protection [2:0] LMC */
	PORTINFO_SPEED = 35,		/* [7:4] active [3:0] enabled */
	PORTINFO_MTU_SMSL = 36, PORTINFO_VLCAP = 37, PORTINFO_VLARB_HIGH = 39,
	PORTINFO_VLARB_LOW = 40, PORTINFO_MTU_CAP = 41, PORTINFO_OPER_VLS = 43,
	PORTINFO_MKEY_VIOLATIONS = 44, PORTINFO_PKEY_VIOLATIONS = 46,
	PORTINFO_QKEY_VIOLATIONS = 48, PORTINFO_GUID_CAP = 50,
	PORTINFO_REREG_TIMEOUT = 51,	/* [7] client reregister [4:0] subnet timeout */
	PORTINFO_RESP_TIME = 52, PORTINFO_OVERRUN = 53,
	PORTINFO_EXT_SPEED = 62,	/* [7:4] active [3:0] supported */
	PORTINFO_EXT_SPEED_ENABLED = 63,
};

#endif
