// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the SA's records of what is in the subnet: nodes, ports, links, SMs. It
 * must never know paths or groups. Source: IBA volume 1, 15.2.5.
 */
#include "tests/hca-model/fabric/node.h"
#include "tests/hca-model/fabric/sa_query.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/smp.h"

bool endport_get(const struct fabric *fabric, unsigned int n, struct endport *out)
{
	const struct port *port = n <= SWITCH_PORTS ? fabric->ports[n] : NULL;

	*out = (struct endport){ .n = n, .port = port };
	if (n == 0) {
		out->lid = fabric->lid;
		out->lmc = fabric->lmc;
		out->guid = fabric->guid;
		out->mtu = 4096;
		return true;
	}
	if (!port || port->state < PORT_ARMED || !port->lid)
		return false;
	out->lid = port->lid;
	out->lmc = port->lmc;
	out->guid = port->port_guid;
	out->mtu = port->mtu;
	return true;
}

bool endport_has_lid(const struct endport *e, uint16_t lid)
{
	return lid >> e->lmc == e->lid >> e->lmc;
}

void endport_gid(const struct fabric *fabric, const struct endport *e, uint8_t gid[16])
{
	mad_put64(gid, fabric->subnet_prefix);
	mad_put64(gid + 8, e->guid);
}

bool endport_has_gid(const struct fabric *fabric, const struct endport *e, const uint8_t gid[16])
{
	uint64_t prefix = mad_get64(gid), guid = mad_get64(gid + 8);
	unsigned int i;

	if (prefix != fabric->subnet_prefix && prefix != GID_DEFAULT_PREFIX)
		return false;
	if (guid == e->guid)
		return true;
	for (i = 1; guid && e->port && i < PORT_GIDS; i++)
		if (mad_get64(e->port->gid[i] + 8) == guid)
			return true;
	return false;
}

static uint16_t pkey_at(const struct endport *e, unsigned int i)
{
	if (e->port)
		return e->port->pkey[i];
	return i ? 0 : 0xffff;
}

uint16_t endport_shared_pkey(const struct endport *a, const struct endport *b, uint16_t want)
{
	unsigned int i, j;

	for (i = 0; i < PORT_PKEYS; i++) {
		uint16_t pkey = pkey_at(a, i);

		if (!(pkey & 0x7fff) || (want && (pkey ^ want) & 0x7fff))
			continue;
		for (j = 0; j < PORT_PKEYS; j++)
			if (port_pkey_match(pkey, pkey_at(b, j)))
				return pkey;
	}
	return 0;
}

static void ca_node_info(const struct port *port, uint8_t *data)
{
	uint8_t mad[MAD_BYTES] = { 1, CLASS_SMP_LID, 1, METHOD_GET };

	mad_put16(mad + MAD_ATTR, ATTR_NODE_INFO);
	smp_answer((struct port *)port, mad, false);
	memcpy(data, mad + SMP_DATA, 40);
}

enum { NODE_LID = 0, NODE_TYPE = 4, NODE_SYS_GUID = 5, NODE_GUID = 6, NODE_PORT_GUID = 7 };

static bool node_fits(const struct sa_query *q, const struct endport *e, const uint8_t *info)
{
	const uint8_t *want = q->want + 4;

	if (sa_asks(q, NODE_LID) && !endport_has_lid(e, mad_get16(q->want)))
		return false;
	if (sa_asks(q, NODE_TYPE) && want[2] != info[2])
		return false;
	if (sa_asks(q, NODE_SYS_GUID) && memcmp(want + 4, info + 4, 8))
		return false;
	if (sa_asks(q, NODE_GUID) && memcmp(want + 12, info + 12, 8))
		return false;
	return !sa_asks(q, NODE_PORT_GUID) || !memcmp(want + 20, info + 20, 8);
}

uint16_t sa_node_records(struct sa_query *q)
{
	struct endport e;
	unsigned int n;

	for (n = 0; n <= q->fabric->top_port; n++) {
		uint8_t info[40] = { 0 }, *rec;

		if (!endport_get(q->fabric, n, &e))
			continue;
		if (e.port)
			ca_node_info(e.port, info);
		else
			node_info(q->fabric, q->in, info);
		if (!node_fits(q, &e, info))
			continue;
		rec = sa_add(q, 108);
		if (!rec)
			break;
		mad_put16(rec, e.lid);
		memcpy(rec + 4, info, 40);
		memcpy(rec + 44, e.port ? e.port->node_desc : q->fabric->node_desc, 64);
	}
	return STATUS_OK;
}

enum { PORT_INFO_LID = 0, PORT_INFO_PORT = 1, PORT_INFO_CAP_MASK = 7 };

static void add_port_info(struct sa_query *q, uint16_t lid, uint8_t n, const uint8_t *info)
{
	uint32_t caps = mad_get32(q->want + 4 + PORTINFO_CAP);
	uint8_t *rec;

	if (sa_asks(q, PORT_INFO_PORT) && q->want[2] != n)
		return;
	if (sa_asks(q, PORT_INFO_CAP_MASK) && (mad_get32(info + PORTINFO_CAP) & caps) != caps)
		return;
	rec = sa_add(q, 68);
	if (!rec)
		return;
	mad_put16(rec, lid);
	rec[2] = n;
	memcpy(rec + 4, info, 64);
}

uint16_t sa_port_info_records(struct sa_query *q)
{
	uint8_t info[SMP_DATA_BYTES];
	struct endport e;
	unsigned int n, i;

	for (n = 0; n <= q->fabric->top_port; n++) {
		if (!endport_get(q->fabric, n, &e))
			continue;
		if (sa_asks(q, PORT_INFO_LID) && !endport_has_lid(&e, mad_get16(q->want)))
			continue;
		if (e.port) {
			portinfo_put(info, e.port);
			add_port_info(q, e.lid, 1, info);
			continue;
		}
		for (i = 0; i <= SWITCH_PORTS; i++) {
			node_port_info(q->fabric, i, info);
			add_port_info(q, e.lid, (uint8_t)i, info);
		}
	}
	return STATUS_OK;
}

uint16_t sa_switch_info_records(struct sa_query *q)
{
	uint8_t *rec;

	if (sa_asks(q, 0) && mad_get16(q->want) != q->fabric->lid)
		return STATUS_OK;
	rec = sa_add(q, 24);
	if (rec) {
		mad_put16(rec, q->fabric->lid);
		node_switch_info(q->fabric, rec + 4);
	}
	return STATUS_OK;
}

uint16_t sa_sm_info_records(struct sa_query *q)
{
	uint8_t *rec;

	if (sa_asks(q, 0) && mad_get16(q->want) != q->fabric->lid)
		return STATUS_OK;
	rec = sa_add(q, 32);
	if (rec) {
		mad_put16(rec, q->fabric->lid);
		node_sm_info(q->fabric, rec + 4);
	}
	return STATUS_OK;
}

static void add_link(struct sa_query *q, uint16_t from, uint8_t from_port, uint16_t to,
		     uint8_t to_port)
{
	uint8_t *rec;

	if ((sa_asks(q, 0) && mad_get16(q->want) != from) ||
	    (sa_asks(q, 1) && q->want[2] != from_port) ||
	    (sa_asks(q, 2) && q->want[3] != to_port) ||
	    (sa_asks(q, 3) && mad_get16(q->want + 4) != to))
		return;
	rec = sa_add(q, 8);
	if (!rec)
		return;
	mad_put16(rec, from);
	rec[2] = from_port;
	rec[3] = to_port;
	mad_put16(rec + 4, to);
}

uint16_t sa_link_records(struct sa_query *q)
{
	struct endport e;
	unsigned int n;

	for (n = 1; n <= q->fabric->top_port; n++) {
		if (!endport_get(q->fabric, n, &e))
			continue;
		add_link(q, e.lid, 1, q->fabric->lid, (uint8_t)n);
		add_link(q, q->fabric->lid, (uint8_t)n, e.lid, 1);
	}
	return STATUS_OK;
}

uint16_t sa_guid_info_records(struct sa_query *q)
{
	struct endport e;
	unsigned int n, i;

	for (n = 1; n <= q->fabric->top_port; n++) {
		uint8_t *rec;

		if (!endport_get(q->fabric, n, &e) ||
		    (sa_asks(q, 0) && !endport_has_lid(&e, mad_get16(q->want))) ||
		    (sa_asks(q, 1) && q->want[2]))
			continue;
		rec = sa_add(q, 72);
		for (i = 0; rec && i < PORT_GIDS; i++)
			memcpy(rec + 8 + i * 8, e.port->gid[i] + 8, 8);
		if (rec)
			mad_put16(rec, e.lid);
	}
	return STATUS_OK;
}
