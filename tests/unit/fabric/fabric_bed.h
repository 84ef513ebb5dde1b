/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the world the fabric's tests live in: a fabric, a few ports without
 * HCAs, and what they saw. It must never know what a test is after.
 */
#ifndef TESTS_UNIT_FABRIC_BED_H
#define TESTS_UNIT_FABRIC_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/fabric/fabric.h"
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/transport/packet.h"

enum { BED_PORTS = 4, BED_SEEN = 4096, BED_CHANGES = 32 };

struct seen {
	struct packet pkt;
	const void *payload;		/* where the payload was; dangling after the call */
	uint8_t data[MAD_BYTES];
};

struct end {
	struct port *port;
	struct seen *seen;
	unsigned int n;
	uint8_t change[BED_CHANGES];	/* PORT_CHANGE_* in order */
	unsigned int n_changes;
	void (*on_packet)(struct end *end, struct packet *pkt);
	void *arg;
};

struct bed {
	struct event_base *base;
	struct fabric *fabric;
	struct end end[BED_PORTS];
	unsigned int n;
};

/* For cmocka: *state is a struct bed with two ports that are ACTIVE. */
int bed_setup(void **state);
int bed_teardown(void **state);
struct end *bed_add(struct bed *bed);
void bed_run(struct bed *bed, unsigned int ms);
void bed_run_until_active(struct bed *bed);
void bed_forget(struct bed *bed);

/* A UD packet without payload; PSN is @psn. */
struct packet ud_packet(uint16_t dlid, uint32_t dqpn, uint32_t psn);
/* The same carrying @len bytes at @data. */
struct packet ud_packet_with(uint16_t dlid, uint32_t dqpn, uint32_t psn, void *data, uint32_t len);

void mad_init(uint8_t *mad, uint8_t class, uint8_t method, uint16_t attr, uint32_t mod);
/* A directed route of @hops (initial path from [1] on). */
void mad_route(uint8_t *mad, unsigned int hops, const uint8_t *path);
/* Send @mad from @from and wait for the answer, which replaces it; false if there is none. */
bool bed_ask(struct bed *bed, struct end *from, uint16_t dlid, uint32_t dqpn, uint8_t *mad);
uint16_t mad_status_of(const uint8_t *mad);

#endif
