/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the switch as a node that can be managed: its SMA and the directed
 * routes through it. It must never know HCAs.
 */
#ifndef HCA_MODEL_FABRIC_NODE_H
#define HCA_MODEL_FABRIC_NODE_H

#include <stdint.h>

struct fabric;
struct packet;

/* A packet for the switch's own LID, come in by port @in. */
void node_receive(struct fabric *fabric, unsigned int in, struct packet *pkt);
/* A packet for the permissive LID: a directed-route SMP on its way, or nothing. */
void node_route_direct(struct fabric *fabric, unsigned int in, struct packet *pkt);

/**
 * node_answer - what the switch's SMA makes of a request
 * @fabric: the switch
 * @in:     the port the request came in by
 * @mad:    256 bytes: Get or Set, replaced by the answer
 */
void node_answer(struct fabric *fabric, unsigned int in, uint8_t *mad);

/* PortInfo of switch port @n into 64 bytes; the status an answer gets. */
uint16_t node_port_info(struct fabric *fabric, unsigned int n, uint8_t *data);
/* NodeInfo of the switch into 40 bytes. */
void node_info(const struct fabric *fabric, unsigned int in, uint8_t *data);
void node_switch_info(const struct fabric *fabric, uint8_t *data);
void node_sm_info(const struct fabric *fabric, uint8_t *data);

/* Send a MAD of the switch's own back to whom @req came from. */
void node_reply(struct fabric *fabric, unsigned int in, const struct packet *req, uint8_t *mad,
		uint32_t sqpn);

#endif
