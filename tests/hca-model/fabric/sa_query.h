/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one question to the SA while it is being answered. It must never be
 * used outside the SA's own files.
 */
#ifndef HCA_MODEL_FABRIC_SA_QUERY_H
#define HCA_MODEL_FABRIC_SA_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tests/hca-model/fabric/switch.h"

struct rmpp;
struct service;

struct sa {
	struct fabric *fabric;
	struct rmpp *rmpp;
	LIST_HEAD(, service) services;
	unsigned int n_services;
	uint32_t next_mgid;		/* for groups without a wish */
};

struct sa_query {
	struct sa *sa;
	struct fabric *fabric;
	unsigned int in;		/* switch port it came in by */
	uint8_t method;			/* METHOD_GET, METHOD_GET_TABLE, METHOD_SET, METHOD_DELETE */
	uint64_t mask;			/* components that count */
	uint64_t sm_key;
	const uint8_t *want;		/* the record of the request, 200 bytes */
	/* the answer: records of one size, each padded to 8 bytes */
	uint8_t *out;
	size_t len, room, record;
	bool no_memory;
};

static inline bool sa_asks(const struct sa_query *q, unsigned int component)
{
	return q->mask >> component & 1;
}

/* Room for one more record of @bytes, zeroed; NULL without memory (noted in the query). */
uint8_t *sa_add(struct sa_query *q, size_t bytes);

/* An end port of the subnet: an HCA's port, or port 0 of the switch. */
struct endport {
	unsigned int n;			/* switch port; 0: the switch itself */
	uint16_t lid;
	uint8_t lmc;
	uint64_t guid;
	uint16_t mtu;
	const struct port *port;	/* NULL: the switch */
};

/* The end port behind switch port @n; false if there is none with a LID. */
bool endport_get(const struct fabric *fabric, unsigned int n, struct endport *out);
bool endport_has_lid(const struct endport *e, uint16_t lid);
bool endport_has_gid(const struct fabric *fabric, const struct endport *e, const uint8_t gid[16]);
void endport_gid(const struct fabric *fabric, const struct endport *e, uint8_t gid[16]);
/* A P_Key that both have, as @a has it; @want 0: any. 0 if there is none. */
uint16_t endport_shared_pkey(const struct endport *a, const struct endport *b, uint16_t want);

/* The answers, each the status for the MAD. */
uint16_t sa_node_records(struct sa_query *q);
uint16_t sa_port_info_records(struct sa_query *q);
uint16_t sa_switch_info_records(struct sa_query *q);
uint16_t sa_sm_info_records(struct sa_query *q);
uint16_t sa_link_records(struct sa_query *q);
uint16_t sa_guid_info_records(struct sa_query *q);
uint16_t sa_path_records(struct sa_query *q);
uint16_t sa_mcmember_records(struct sa_query *q);
uint16_t sa_service_records(struct sa_query *q);
void sa_services_clear(struct sa *sa);

#endif
