// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the switch: which port a packet leaves by, and the order of packets
 * that are sent while another is being delivered. It must never know HCAs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/fabric/multicast.h"
#include "tests/hca-model/fabric/node.h"
#include "tests/hca-model/fabric/sa.h"
#include "tests/hca-model/fabric/sm.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/transport/packet.h"

#define SWITCH_GUID 0x0002c90300fab000ull

void fabric_forward(struct fabric *fabric, unsigned int n, struct packet *pkt)
{
	struct port *port = n <= SWITCH_PORTS ? fabric->ports[n] : NULL;

	if (!port)
		return;
	if (port->faults)
		faults_pass(port, FAULT_RX, pkt, port_deliver);
	else
		port_deliver(port, pkt);
}

void fabric_route(struct fabric *fabric, struct port *in, struct packet *pkt)
{
	unsigned int n;

	if (pkt->dlid >= LID_MULTICAST) {
		if (pkt->dlid == LID_PERMISSIVE)
			node_route_direct(fabric, in->switch_port, pkt);
		else
			multicast_route(fabric, in->switch_port, pkt);
		return;
	}
	n = fabric->lft[pkt->dlid];
	if (n == 0)
		node_receive(fabric, in->switch_port, pkt);
	else
		fabric_forward(fabric, n, pkt);
}

void fabric_queue(struct fabric *fabric, struct port *from, unsigned int to,
		  const struct packet *pkt)
{
	struct queued *q = &fabric->queue[fabric->tail % SWITCH_QUEUE];

	if (fabric->tail - fabric->head == SWITCH_QUEUE) {
		if (from)
			from->count.xmit_discards++;
		return;
	}
	q->pkt = packet_dup(pkt);
	if (!q->pkt)
		return;
	q->from = from;
	q->to = to;
	fabric->tail++;
}

static void drain(struct fabric *fabric)
{
	unsigned int budget = SWITCH_SLICE;

	fabric->depth++;
	while (fabric->head != fabric->tail && budget--) {
		struct queued q = fabric->queue[fabric->head++ % SWITCH_QUEUE];

		if (q.from)
			port_send_now(q.from, q.pkt);
		else if (q.to)
			fabric_forward(fabric, q.to, q.pkt);
		free(q.pkt);
	}
	fabric->depth--;
	if (fabric->head == fabric->tail)
		fabric->head = fabric->tail = 0;	/* the same few cache lines again */
	else
		event_active(fabric->drain, EV_TIMEOUT, 0);
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	drain(arg);
}

void fabric_enter(struct fabric *fabric)
{
	fabric->depth++;
}

void fabric_leave(struct fabric *fabric)
{
	if (--fabric->depth == 0 && fabric->head != fabric->tail)
		drain(fabric);
}

void fabric_send(struct fabric *fabric, unsigned int n, struct packet *pkt)
{
	if (!n && pkt->dlid <= LFT_TOP)
		n = fabric->lft[pkt->dlid];
	if (!n || n > SWITCH_PORTS)
		return;
	if (!pkt->slid)
		pkt->slid = fabric->lid;
	if (fabric->depth || fabric->head != fabric->tail) {
		fabric_queue(fabric, NULL, n, pkt);
		return;
	}
	fabric_enter(fabric);
	fabric_forward(fabric, n, pkt);
	fabric_leave(fabric);
}

void fabric_forget(struct fabric *fabric, struct port *port)
{
	uint32_t i;

	for (i = fabric->head; i != fabric->tail; i++) {
		struct queued *q = &fabric->queue[i % SWITCH_QUEUE];

		if (q->from == port)
			q->from = NULL;
		if (q->to == port->switch_port)
			q->to = 0;
	}
}

int fabric_create(struct event_base *base, struct fabric **out)
{
	struct fabric *fabric = calloc(1, sizeof(*fabric));
	int ret = -ENOMEM;

	if (!fabric)
		return -ENOMEM;
	fabric->base = base;
	fabric->guid = SWITCH_GUID;
	fabric->subnet_prefix = GID_DEFAULT_PREFIX;
	fabric->subnet_timeout = 18;
	snprintf(fabric->node_desc, sizeof(fabric->node_desc), "Underpass test switch");
	memset(fabric->lft, LFT_NONE, sizeof(fabric->lft));
	fabric->queue = calloc(SWITCH_QUEUE, sizeof(*fabric->queue));
	if (!fabric->queue)
		goto free_fabric;
	fabric->drain = event_new(base, -1, 0, on_drain, fabric);
	if (!fabric->drain)
		goto free_queue;
	ret = sm_create(fabric, &fabric->sm);
	if (ret)
		goto free_drain;
	ret = sa_create(fabric, &fabric->sa);
	if (ret)
		goto destroy_sm;
	*out = fabric;
	return 0;

destroy_sm:
	sm_destroy(fabric->sm);
free_drain:
	event_free(fabric->drain);
free_queue:
	free(fabric->queue);
free_fabric:
	free(fabric);
	return ret;
}

void fabric_destroy(struct fabric *fabric)
{
	unsigned int n;

	if (!fabric)
		return;
	for (n = 1; n <= SWITCH_PORTS; n++)
		port_destroy(fabric->ports[n]);
	sa_destroy(fabric->sa);
	sm_destroy(fabric->sm);
	while (fabric->head != fabric->tail)
		free(fabric->queue[fabric->head++ % SWITCH_QUEUE].pkt);
	event_free(fabric->drain);
	free(fabric->queue);
	free(fabric);
}
