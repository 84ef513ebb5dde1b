/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one port of the fabric: addresses, state, tables, counters. It must
 * never know queue pairs.
 */
#ifndef HCA_MODEL_FABRIC_PORT_H
#define HCA_MODEL_FABRIC_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct fabric;
struct faults;
struct packet;

enum {
	PORT_GIDS = 8,
	PORT_PKEYS = 128,
	PORT_DOWN = 1, PORT_INIT = 2, PORT_ARMED = 3, PORT_ACTIVE = 4,	/* logical state */
	PHYS_POLLING = 2, PHYS_DISABLED = 3, PHYS_LINK_UP = 5,
};

/* What the owner of a port (an HCA) is told. */
struct port_ops {
	/* A packet for this port. Borrowed payload: valid during the call only. */
	void (*receive)(void *owner, struct packet *pkt);
	/* Something changed: PORT_CHANGE_* of host-backend/hca/ifc/wqe.h. */
	void (*changed)(void *owner, uint8_t sub_type);
};

struct port_counters {		/* PMA; bytes are counted, reported in 4-byte words */
	uint64_t xmit_bytes, rcv_bytes, xmit_packets, rcv_packets;
	uint64_t unicast_xmit, unicast_rcv, multicast_xmit, multicast_rcv;
	uint64_t xmit_discards, rcv_errors, link_downed, vl15_dropped, xmit_wait;
};

struct port {
	struct fabric *fabric;
	const struct port_ops *ops;
	void *owner;
	const char *name;

	uint64_t node_guid, sys_guid, port_guid;
	uint16_t device_id;		/* PCI device id, for NodeInfo */
	char node_desc[64];
	uint16_t lid, sm_lid;
	uint8_t lmc, sm_sl, subnet_timeout;
	uint64_t subnet_prefix, m_key;
	uint8_t state, phys_state;
	bool admin_up;			/* the driver has not shut the port (PAOS) */
	bool link_up;			/* the cable is in (control socket) */
	uint16_t mtu;			/* bytes */
	uint32_t cap_mask;
	uint8_t gid[PORT_GIDS][16];
	uint16_t pkey[PORT_PKEYS];
	uint16_t pkey_violations, qkey_violations, mkey_violations;
	struct port_counters count;
	/* What @count was when software last cleared PortCounters, PortCountersExtended, the vport's. */
	struct port_counters pma_base, pma_ext_base, vport_base;
	uint8_t far_state;		/* logical state of the switch's end of the link */
	unsigned int switch_port;	/* on the built-in switch, from 1 */
	uint8_t m_key_protect;		/* 0..3 */
	uint16_t m_key_lease;
	struct faults *faults;		/* NULL: a perfect line, see fabric/faults.h */
};

/**
 * port_create - a new port, plugged into the fabric's switch
 *
 * The subnet manager brings it to ACTIVE (LID, SM LID, GID prefix) from the
 * event loop; @ops->changed tells.
 */
int port_create(struct fabric *fabric, const char *name, uint64_t guid, uint16_t device_id,
		const struct port_ops *ops, void *owner, struct port **out);
void port_destroy(struct port *port);

/**
 * port_send - put a packet on the wire
 * @port: where it leaves; fills slid if the packet has none
 * @pkt:  borrowed payload; after return it is not used any more
 *
 * Delivery is synchronous when nothing in the fabric delays the packet and no
 * delivery is under way; packets sent from inside a delivery (ACKs) are queued
 * and delivered when the outer one returns, in order. Loopback (own LID) too.
 */
void port_send(struct port *port, struct packet *pkt);

/* The cable is plugged in or pulled; as after power-on, an SM must bring the port up. */
void port_set_link(struct port *port, bool up);
/* The driver shuts or opens the port (PAOS). */
void port_set_admin(struct port *port, bool up);
/* The link is lost for a moment and trains anew. */
void port_retrain(struct port *port);
/**
 * port_reset - what a function level reset of the owner does to its port
 * @port: the port
 *
 * Capabilities that drivers set (SM, CM, ...) and group memberships are gone, a
 * port that a driver had shut opens. Link, state, LID, GUIDs and counters stay.
 */
void port_reset(struct port *port);
/* Logical state by order of an SM: PORT_INIT, PORT_ARMED, PORT_ACTIVE. */
void port_set_state(struct port *port, uint8_t state);
/* LID and LMC by order of an SM; tells the owner when they change. */
void port_set_lid(struct port *port, uint16_t lid, uint8_t lmc);
/* GID prefix by order of an SM; GID 0 follows. */
void port_set_prefix(struct port *port, uint64_t prefix);
/* Whether runs may be sent: nothing in the fabric delays packets, or loses a single one. */
bool port_takes_runs(const struct port *port);
/* Bytes a packet (a run: all of its packets) takes on the wire from LRH to ICRC, as PMA counts them. */
uint32_t port_wire_bytes(const struct packet *pkt);

/* P_Key of a packet against the table (IBA 10.9.3: base key match, one full member). */
bool port_pkey_match(uint16_t a, uint16_t b);

#endif
