/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the switch as a node that can be managed: its SMA and the directed
 * routes through it. It must never know HCAs.
 */
#ifndef HCA_MODEL_FABRIC_NODE_H
#define HCA_MODEL_FABRIC_NODE_H

struct fabric;
struct packet;

/* A packet for the switch's own LID, come in by port @in. */
void node_receive(struct fabric *fabric, unsigned int in, struct packet *pkt);
/* A packet for the permissive LID: a directed-route SMP on its way, or nothing. */
void node_route_direct(struct fabric *fabric, unsigned int in, struct packet *pkt);

#endif
