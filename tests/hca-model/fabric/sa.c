// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the way of a question to the SA and of its answer: checks, dispatch,
 * one MAD or many. It must never know what is in a record. Source: IBA
 * volume 1, 15.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/fabric/node.h"
#include "tests/hca-model/fabric/rmpp.h"
#include "tests/hca-model/fabric/sa.h"
#include "tests/hca-model/fabric/sa_query.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/transport/packet.h"

enum {
	SA_CLASS_VERSION = 2,
	SA_CAP_UD_MULTICAST = 1 << 9,
	RESP_TIME = 16,
	CAN_GET = 1 << 0, CAN_TABLE = 1 << 1, CAN_SET = 1 << 2, CAN_DELETE = 1 << 3,
};

uint8_t *sa_add(struct sa_query *q, size_t bytes)
{
	uint8_t *grown;

	q->record = (bytes + 7) & ~(size_t)7;
	if (q->len + q->record > q->room) {
		size_t room = q->room ? q->room * 2 : 1024;

		grown = realloc(q->out, room);
		if (!grown) {
			q->no_memory = true;
			return NULL;
		}
		q->out = grown;
		q->room = room;
	}
	grown = q->out + q->len;
	memset(grown, 0, q->record);
	q->len += q->record;
	return grown;
}

static uint16_t class_port_info(struct sa_query *q)
{
	uint8_t *info = sa_add(q, 72);

	if (!info)
		return SA_STATUS_NO_RESOURCES;
	info[0] = 1;
	info[1] = SA_CLASS_VERSION;
	mad_put16(info + 2, SA_CAP_UD_MULTICAST);
	info[7] = RESP_TIME;
	return STATUS_OK;
}

/* Subscriptions are taken, but nothing is ever reported: ports tell changes by themselves. */
static uint16_t inform_info(struct sa_query *q)
{
	uint8_t *info = sa_add(q, 36);

	if (!info)
		return SA_STATUS_NO_RESOURCES;
	memcpy(info, q->want, 36);
	return STATUS_OK;
}

static const struct sa_attr {
	uint16_t id;
	uint8_t methods;
	uint16_t (*fn)(struct sa_query *q);
} attrs[] = {
	{ ATTR_CLASS_PORT_INFO, CAN_GET, class_port_info },
	{ ATTR_INFORM_INFO, CAN_SET, inform_info },
	{ ATTR_NODE_RECORD, CAN_GET | CAN_TABLE, sa_node_records },
	{ ATTR_PORT_INFO_RECORD, CAN_GET | CAN_TABLE, sa_port_info_records },
	{ ATTR_SWITCH_INFO_RECORD, CAN_GET | CAN_TABLE, sa_switch_info_records },
	{ ATTR_SM_INFO_RECORD, CAN_GET | CAN_TABLE, sa_sm_info_records },
	{ ATTR_LINK_RECORD, CAN_GET | CAN_TABLE, sa_link_records },
	{ ATTR_GUID_INFO_RECORD, CAN_GET | CAN_TABLE, sa_guid_info_records },
	{ ATTR_PATH_RECORD, CAN_GET | CAN_TABLE, sa_path_records },
	{ ATTR_MCMEMBER_RECORD, CAN_GET | CAN_TABLE | CAN_SET | CAN_DELETE, sa_mcmember_records },
	{ ATTR_SERVICE_RECORD, CAN_GET | CAN_TABLE | CAN_SET | CAN_DELETE, sa_service_records },
};

static uint8_t method_bit(uint8_t method)
{
	switch (method) {
	case METHOD_GET:
		return CAN_GET;
	case METHOD_GET_TABLE:
		return CAN_TABLE;
	case METHOD_SET:
		return CAN_SET;
	case METHOD_DELETE:
		return CAN_DELETE;
	default:
		return 0;
	}
}

static uint16_t answer(struct sa_query *q, const uint8_t *mad)
{
	uint16_t id = mad_get16(mad + MAD_ATTR), status;
	unsigned int i;

	if (mad[MAD_BASE_VERSION] != 1 || mad[MAD_CLASS_VERSION] != SA_CLASS_VERSION)
		return STATUS_BAD_VERSION;
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		if (attrs[i].id != id)
			continue;
		if (!(attrs[i].methods & method_bit(q->method)))
			return STATUS_BAD_ATTR;
		status = attrs[i].fn(q);
		if (q->no_memory)
			return SA_STATUS_NO_RESOURCES;
		if (status == STATUS_OK && !q->len && q->method != METHOD_GET_TABLE)
			return SA_STATUS_NO_RECORDS;
		return status;
	}
	return STATUS_BAD_ATTR;
}

static void reply(struct sa_query *q, const struct packet *pkt, uint8_t *mad, uint16_t status)
{
	bool table = q->method == METHOD_GET_TABLE && status == STATUS_OK;

	mad[MAD_METHOD] = q->method == METHOD_SET ? METHOD_GET_RESP :
						    (uint8_t)(q->method | METHOD_RESPONSE);
	mad_put16(mad + MAD_STATUS, status);
	memset(mad + RMPP_VERSION, 0, SA_SM_KEY - RMPP_VERSION);
	mad_put16(mad + SA_ATTR_OFFSET, (uint16_t)(q->record / 8));
	if (table) {
		rmpp_send(q->sa->rmpp, q->in, pkt, mad, q->out, q->len);
		q->out = NULL;
		return;
	}
	if (status == STATUS_OK) {
		memset(mad + SA_DATA, 0, SA_DATA_BYTES);
		memcpy(mad + SA_DATA, q->out, q->record);
	}
	node_reply(q->fabric, q->in, pkt, mad, 1);
}

void sa_receive(struct fabric *fabric, unsigned int in, const struct packet *pkt)
{
	uint8_t mad[MAD_BYTES];
	struct sa_query q = { .sa = fabric->sa, .fabric = fabric, .in = in };
	uint16_t status;

	packet_copy_out(pkt, 0, mad, MAD_BYTES);
	if (mad[RMPP_VERSION] == 1 && mad[RMPP_RTIME_FLAGS] & RMPP_ACTIVE &&
	    mad[RMPP_TYPE] != RMPP_DATA) {
		rmpp_receive(fabric->sa->rmpp, pkt, mad);
		return;
	}
	if (!method_bit(mad[MAD_METHOD]))
		return;
	q.method = mad[MAD_METHOD];
	q.mask = mad_get64(mad + SA_COMP_MASK);
	q.sm_key = mad_get64(mad + SA_SM_KEY);
	q.want = mad + SA_DATA;
	status = answer(&q, mad);
	reply(&q, pkt, mad, status);
	free(q.out);
}

int sa_create(struct fabric *fabric, struct sa **out)
{
	struct sa *sa = calloc(1, sizeof(*sa));
	int ret;

	if (!sa)
		return -ENOMEM;
	sa->fabric = fabric;
	LIST_INIT(&sa->services);
	ret = rmpp_create(fabric, &sa->rmpp);
	if (ret) {
		free(sa);
		return ret;
	}
	*out = sa;
	return 0;
}

void sa_destroy(struct sa *sa)
{
	if (!sa)
		return;
	sa_services_clear(sa);
	rmpp_destroy(sa->rmpp);
	free(sa);
}
