// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the performance management agent of a port: port counters as software
 * sees them, saturating and resettable. It must never know how the MAD
 * travelled. Source: IBA volume 1, 16.1.3 and 16.1.4.
 */
#include <stddef.h>

#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/pma.h"

enum {
	PMA_CAP_ALL_PORTS = 0x0100, PMA_CAP_EXT_WIDTH = 0x0200, PMA_CAP_XMIT_WAIT = 0x1000,
	PORT_SELECT = 1, COUNTER_SELECT = 2, COUNTER_SELECT2 = 18,
	SELECT2_BIT = 16,		/* PortCounters: bits from here on are in CounterSelect2 */
	RESP_TIME = 18,
};

void counters_since(const struct port_counters *now, const struct port_counters *base,
		    struct port_counters *out)
{
	const uint64_t *n = (const uint64_t *)now, *b = (const uint64_t *)base;
	uint64_t *o = (uint64_t *)out;
	size_t i;

	_Static_assert(sizeof(struct port_counters) % sizeof(uint64_t) == 0, "only counters");
	for (i = 0; i < sizeof(*now) / sizeof(uint64_t); i++)
		o[i] = n[i] - b[i];
}

/* One counter of an attribute: where it stands, and which of ours it shows. */
struct field {
	uint8_t offset, bytes;
	uint8_t select;			/* bit of CounterSelect */
	uint8_t unit;			/* ours per one of theirs */
	size_t counter;			/* offset in struct port_counters */
};

#define COUNTER(name) offsetof(struct port_counters, name)

static const struct field port_counters_fields[] = {
	{ 7, 1, 2, 1, COUNTER(link_downed) },
	{ 8, 2, 3, 1, COUNTER(rcv_errors) },
	{ 14, 2, 6, 1, COUNTER(xmit_discards) },
	{ 22, 2, 11, 1, COUNTER(vl15_dropped) },
	{ 24, 4, 12, 4, COUNTER(xmit_bytes) },
	{ 28, 4, 13, 4, COUNTER(rcv_bytes) },
	{ 32, 4, 14, 1, COUNTER(xmit_packets) },
	{ 36, 4, 15, 1, COUNTER(rcv_packets) },
	{ 40, 4, SELECT2_BIT, 1, COUNTER(xmit_wait) },
};

static const struct field port_counters_ext_fields[] = {
	{ 8, 8, 0, 4, COUNTER(xmit_bytes) },
	{ 16, 8, 1, 4, COUNTER(rcv_bytes) },
	{ 24, 8, 2, 1, COUNTER(xmit_packets) },
	{ 32, 8, 3, 1, COUNTER(rcv_packets) },
	{ 40, 8, 4, 1, COUNTER(unicast_xmit) },
	{ 48, 8, 5, 1, COUNTER(unicast_rcv) },
	{ 56, 8, 6, 1, COUNTER(multicast_xmit) },
	{ 64, 8, 7, 1, COUNTER(multicast_rcv) },
};

struct attribute {
	const struct field *fields;
	unsigned int n;
	size_t base;			/* offset in struct port */
	unsigned int bytes;
};

static const struct attribute port_counters = {
	port_counters_fields, sizeof(port_counters_fields) / sizeof(struct field),
	offsetof(struct port, pma_base), 44,
};

static const struct attribute port_counters_ext = {
	port_counters_ext_fields, sizeof(port_counters_ext_fields) / sizeof(struct field),
	offsetof(struct port, pma_ext_base), 72,
};

static uint64_t *counter_of(void *counters, const struct field *f)
{
	return (uint64_t *)((uint8_t *)counters + f->counter);
}

static uint64_t field_max(const struct field *f)
{
	return f->bytes == 8 ? UINT64_MAX : (1ull << f->bytes * 8) - 1;
}

static uint64_t field_load(const uint8_t *p, const struct field *f)
{
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < f->bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static void field_store(uint8_t *p, const struct field *f, uint64_t v)
{
	unsigned int i;

	for (i = 0; i < f->bytes; i++)
		p[i] = (uint8_t)(v >> (f->bytes - 1 - i) * 8);
}

static uint16_t counters_get(struct port *port, const struct attribute *a, uint8_t *data)
{
	void *base = (uint8_t *)port + a->base;
	unsigned int i;

	memset(data + 4, 0, a->bytes - 4);
	for (i = 0; i < a->n; i++) {
		const struct field *f = &a->fields[i];
		uint64_t v = (*counter_of(&port->count, f) - *counter_of(base, f)) / f->unit;

		field_store(data + f->offset, f, v < field_max(f) ? v : field_max(f));
	}
	return STATUS_OK;
}

static bool selected(const uint8_t *data, const struct field *f)
{
	if (f->select >= SELECT2_BIT)
		return data[COUNTER_SELECT2 + 7] & 1u << (f->select - SELECT2_BIT);
	return mad_get16(data + COUNTER_SELECT) & 1u << f->select;
}

/* A selected counter goes on from the value that is given. */
static uint16_t counters_set(struct port *port, const struct attribute *a, uint8_t *data)
{
	void *base = (uint8_t *)port + a->base;
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		const struct field *f = &a->fields[i];

		if (selected(data, f))
			*counter_of(base, f) = *counter_of(&port->count, f) -
					       field_load(data + f->offset, f) * f->unit;
	}
	return counters_get(port, a, data);
}

static uint16_t class_port_info(uint8_t *data)
{
	memset(data, 0, 72);
	data[0] = 1;
	data[1] = 1;
	mad_put16(data + 2, PMA_CAP_ALL_PORTS | PMA_CAP_EXT_WIDTH | PMA_CAP_XMIT_WAIT);
	data[7] = RESP_TIME;
	return STATUS_OK;
}

static uint16_t process(struct port *port, uint8_t *mad)
{
	bool set = mad[MAD_METHOD] == METHOD_SET;
	uint16_t id = mad_get16(mad + MAD_ATTR);
	uint8_t *data = mad + PMA_DATA;
	const struct attribute *a;

	if (!mad_is_version_1(mad))
		return STATUS_BAD_VERSION;
	if (id == ATTR_CLASS_PORT_INFO && !set)
		return class_port_info(data);
	if (id == ATTR_PORT_COUNTERS)
		a = &port_counters;
	else if (id == ATTR_PORT_COUNTERS_EXT)
		a = &port_counters_ext;
	else
		return STATUS_BAD_ATTR;
	if (data[PORT_SELECT] != 1 && data[PORT_SELECT] != 0xff)
		return STATUS_BAD_VALUE;
	return set ? counters_set(port, a, data) : counters_get(port, a, data);
}

void pma_answer(struct port *port, uint8_t *mad)
{
	uint16_t status = process(port, mad);

	mad_reply(mad, status);
}
