/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the files of this room share: the switch, its forwarding tables
 * and the queue of packets sent from inside a delivery. It must never be
 * included from another room (tests excepted).
 */
#ifndef HCA_MODEL_FABRIC_SWITCH_H
#define HCA_MODEL_FABRIC_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/hca-model/fabric/fabric.h"
#include "tests/hca-model/fabric/multicast.h"
#include "tests/hca-model/fabric/port.h"

struct event;
struct event_base;
struct packet;
struct sa;
struct sm;

enum {
	SWITCH_PORTS = 64,
	LFT_TOP = 0xbfff,		/* highest unicast LID */
	LFT_NONE = 255,			/* no way to this LID */
	LID_MULTICAST = 0xc000,
	LID_PERMISSIVE = 0xffff,
	MFT_SIZE = 1024,		/* multicast LIDs the switch can forward */
	MFT_POSITIONS = SWITCH_PORTS / 16 + 1,
	SWITCH_QUEUE = 16384,		/* nested packets; more are discarded */
	SWITCH_SLICE = 4096,		/* of these delivered before the event loop runs again */
};

struct queued {
	struct port *from;		/* NULL: the switch itself */
	struct packet *pkt;		/* owned */
	unsigned int to;		/* switch port, if from is NULL */
};

struct fabric {
	struct event_base *base;
	struct port *ports[SWITCH_PORTS + 1];	/* by switch port; 0 stays NULL */
	unsigned int top_port;			/* highest switch port that was ever used */

	/* The switch as a node. */
	uint64_t guid;
	uint16_t lid, sm_lid;
	uint8_t sm_sl, subnet_timeout, lmc;
	uint64_t m_key;
	uint64_t subnet_prefix;
	char node_desc[64];
	bool port_changed;			/* SwitchInfo.PortStateChange */
	uint16_t lft_top;			/* SwitchInfo.LinearFDBTop */
	uint8_t lft[LFT_TOP + 1];
	uint16_t mft[MFT_SIZE][MFT_POSITIONS];	/* bit n % 16 of word n / 16: port n */

	struct mcgroups groups;
	struct sm *sm;
	struct sa *sa;

	/* delivery */
	unsigned int n_faulty;			/* ports with faults */
	unsigned int depth;
	struct queued *queue;			/* ring */
	uint32_t head, tail;			/* free running */
	struct event *drain;			/* goes on with what a slice left over */
};

/* Run one delivery from outside (port, timer): nested sends follow in order. */
void fabric_enter(struct fabric *fabric);
void fabric_leave(struct fabric *fabric);

/* A packet came into the switch from a port. */
void fabric_route(struct fabric *fabric, struct port *in, struct packet *pkt);
/* Out of switch port @n, from wherever. */
void fabric_forward(struct fabric *fabric, unsigned int n, struct packet *pkt);
/* The switch itself (its SMA, the SA) sends to the port that owns pkt->dlid, or to port @n if not 0. */
void fabric_send(struct fabric *fabric, unsigned int n, struct packet *pkt);
/* Append a copy; NULL @from: out of switch port @to. */
void fabric_queue(struct fabric *fabric, struct port *from, unsigned int to,
		  const struct packet *pkt);
/* Lift one packet into a port: counts, checks the state, calls the owner. */
void port_deliver(struct port *port, struct packet *pkt);
/* The part of port_send() after the checks. */
void port_send_now(struct port *port, struct packet *pkt);
/* Forget what is queued from or for a port that goes away. */
void fabric_forget(struct fabric *fabric, struct port *port);

static inline bool packet_is_vl15(uint32_t dqpn)
{
	return dqpn == 0;
}

#endif
