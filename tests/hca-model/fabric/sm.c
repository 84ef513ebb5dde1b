// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the built-in subnet manager: training of new links, LIDs, forwarding
 * table, port states, and stepping back for an SM from outside. It must never
 * know how a port tells its owner.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/fabric/fabric.h"
#include "tests/hca-model/fabric/sm.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/mad.h"

enum { SM_LID = 1, SWEEP_DELAY_US = 2000 };

struct sm {
	struct fabric *fabric;
	struct event *timer;
	bool on;
	uint32_t sweeps;
};

/* A port that was taken over from an outside SM keeps its LID if nobody else has it. */
static bool lid_fits(struct fabric *fabric, const struct port *port, uint32_t lid)
{
	uint32_t end = lid + (1u << port->lmc);

	if (!lid || lid & ((1u << port->lmc) - 1) || end > LFT_TOP)
		return false;
	for (; lid < end; lid++)
		if (fabric->lft[lid] != LFT_NONE && fabric->lft[lid] != port->switch_port)
			return false;
	return true;
}

static uint16_t choose_lid(struct fabric *fabric, const struct port *port)
{
	uint32_t lid = port->lid;

	if (lid_fits(fabric, port, lid))
		return port->lid;
	for (lid = 1; lid <= LFT_TOP; lid++)
		if (lid_fits(fabric, port, lid))
			return (uint16_t)lid;
	return 0;
}

static void route_lids(struct fabric *fabric, const struct port *port)
{
	uint32_t lid;

	for (lid = port->lid; lid < port->lid + (1u << port->lmc) && lid <= LFT_TOP; lid++)
		fabric->lft[lid] = (uint8_t)port->switch_port;
	if (port->lid && lid - 1 > fabric->lft_top)
		fabric->lft_top = (uint16_t)(lid - 1);
}

static void set_up_switch(struct fabric *fabric)
{
	if (!fabric->lid)
		fabric->lid = SM_LID;
	fabric->lft[fabric->lid] = 0;
	fabric->sm_lid = fabric->lid;
	if (fabric->lft_top < fabric->lid)
		fabric->lft_top = fabric->lid;
}

static bool address_port(struct fabric *fabric, struct port *port)
{
	uint16_t lid = choose_lid(fabric, port);

	if (!lid)
		return false;
	port->sm_lid = fabric->lid;
	port->sm_sl = 0;
	port->m_key = 0;
	if (!port->pkey[0])
		port->pkey[0] = 0xffff;
	port_set_prefix(port, fabric->subnet_prefix);
	port_set_lid(port, lid, port->lmc);
	route_lids(fabric, port);
	return true;
}

/* Each sweep moves every port one state ahead; true while some port is not there. */
static bool sweep(struct fabric *fabric)
{
	bool again = false;
	unsigned int n;

	set_up_switch(fabric);
	for (n = 1; n <= fabric->top_port; n++) {
		struct port *port = fabric->ports[n];

		if (!port)
			continue;
		if (port->state == PORT_INIT) {
			if (!address_port(fabric, port))
				continue;
			port->far_state = PORT_ARMED;
			port_set_state(port, PORT_ARMED);
			again = true;
		} else if (port->state == PORT_ARMED) {
			port->far_state = PORT_ACTIVE;
			port_set_state(port, PORT_ACTIVE);
			port->ops->changed(port->owner, PORT_CHANGE_CLIENT_REREG);
		}
	}
	return again;
}

/* Links come up whether or not there is an SM. */
static void train(struct fabric *fabric)
{
	unsigned int n;

	for (n = 1; n <= fabric->top_port; n++) {
		struct port *port = fabric->ports[n];

		if (port && port->state == PORT_DOWN && port->link_up && port->admin_up)
			port_set_link(port, true);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sm *sm = arg;

	(void)fd;
	(void)what;
	train(sm->fabric);
	if (!sm->on)
		return;
	sm->sweeps++;
	if (sweep(sm->fabric))
		sm_wake(sm->fabric);
}

void sm_wake(struct fabric *fabric)
{
	static const struct timeval soon = { .tv_usec = SWEEP_DELAY_US };

	if (!evtimer_pending(fabric->sm->timer, NULL))
		evtimer_add(fabric->sm->timer, &soon);
}

void sm_forget(struct fabric *fabric, struct port *port)
{
	uint32_t lid;

	for (lid = 0; lid <= LFT_TOP; lid++)
		if (fabric->lft[lid] == port->switch_port)
			fabric->lft[lid] = LFT_NONE;
}

bool sm_is_on(const struct fabric *fabric)
{
	return fabric->sm->on;
}

uint32_t sm_sweeps(const struct fabric *fabric)
{
	return fabric->sm->sweeps;
}

/* The group every IPoIB port of the default partition joins first (RFC 4391, section 4). */
static int create_broadcast_group(struct fabric *fabric)
{
	static const uint8_t mgid[16] = {
		0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
	};
	struct mcgroup *group;
	int ret = multicast_create(fabric, mgid, &group);

	if (ret)
		return ret;
	group->permanent = true;
	group->pkey = 0xffff;
	group->qkey = 0x0b1b;
	group->mtu = IB_MTU_4096;
	group->rate = IB_RATE_100G;
	group->life = 18;
	return 0;
}

/* Ports that another SM brought up stay so, but their consumers must find the new SM. */
static void take_over(struct fabric *fabric)
{
	unsigned int n;

	memset(fabric->mft, 0, sizeof(fabric->mft));
	memset(fabric->lft, LFT_NONE, sizeof(fabric->lft));
	set_up_switch(fabric);
	for (n = 1; n <= fabric->top_port; n++) {
		struct port *port = fabric->ports[n];

		if (port && port->state == PORT_ACTIVE && address_port(fabric, port))
			port->ops->changed(port->owner, PORT_CHANGE_CLIENT_REREG);
	}
	sm_wake(fabric);
}

int fabric_set_sm(struct fabric *fabric, bool on)
{
	int ret;

	if (on == fabric->sm->on)
		return 0;
	if (!on) {
		multicast_clear(fabric);
		fabric->sm->on = false;
		return 0;
	}
	ret = create_broadcast_group(fabric);
	if (ret)
		return ret;
	fabric->sm->on = true;
	take_over(fabric);
	return 0;
}

int sm_create(struct fabric *fabric, struct sm **out)
{
	struct sm *sm = calloc(1, sizeof(*sm));
	int ret = -ENOMEM;

	if (!sm)
		return -ENOMEM;
	sm->fabric = fabric;
	sm->timer = evtimer_new(fabric->base, on_timer, sm);
	if (!sm->timer)
		goto free_sm;
	fabric->sm = sm;
	ret = fabric_set_sm(fabric, true);
	if (ret)
		goto free_timer;
	*out = sm;
	return 0;

free_timer:
	event_free(sm->timer);
free_sm:
	free(sm);
	return ret;
}

void sm_destroy(struct sm *sm)
{
	if (!sm)
		return;
	multicast_clear(sm->fabric);
	event_free(sm->timer);
	free(sm);
}
