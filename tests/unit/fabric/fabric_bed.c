// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the world the fabric's tests live in. It must never know what a test is
 * after.
 */
#include "tests/unit/fabric/fabric_bed.h"

#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "tests/hca-model/mgmt/smp.h"

static void on_receive(void *owner, struct packet *pkt)
{
	struct end *end = owner;
	struct seen *seen;

	if (pkt->dqpn == 0 && smp_receive(end->port, pkt))
		return;
	assert_true(end->n < BED_SEEN);
	seen = &end->seen[end->n++];
	seen->pkt = *pkt;
	seen->payload = pkt->n_sg ? pkt->sg[0].iov_base : NULL;
	if (pkt->len)
		packet_copy_out(pkt, 0, seen->data, pkt->len < MAD_BYTES ? pkt->len : MAD_BYTES);
	if (end->on_packet)
		end->on_packet(end, pkt);
}

static void on_changed(void *owner, uint8_t sub_type)
{
	struct end *end = owner;

	assert_true(end->n_changes < BED_CHANGES);
	end->change[end->n_changes++] = sub_type;
}

static const struct port_ops ops = { .receive = on_receive, .changed = on_changed };

struct end *bed_add(struct bed *bed)
{
	struct end *end = &bed->end[bed->n];

	assert_true(bed->n < BED_PORTS);
	end->seen = calloc(BED_SEEN, sizeof(*end->seen));
	assert_non_null(end->seen);
	assert_int_equal(port_create(bed->fabric, "test", 0x0002c90300000010ull + bed->n * 16, 0x1013,
				     &ops, end, &end->port), 0);
	bed->n++;
	return end;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static void tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void bed_run(struct bed *bed, unsigned int ms)
{
	struct timeval tv = { .tv_usec = 1000 };
	struct event *clock = event_new(bed->base, -1, EV_PERSIST, tick, NULL);
	uint64_t end = now_ms() + ms;

	event_add(clock, &tv);
	do
		event_base_loop(bed->base, EVLOOP_ONCE);
	while (now_ms() < end);
	event_free(clock);
}

void bed_run_until_active(struct bed *bed)
{
	unsigned int i, tries;

	for (tries = 0; tries < 1000; tries++) {
		for (i = 0; i < bed->n && bed->end[i].port->state == PORT_ACTIVE; i++)
			;
		if (i == bed->n)
			return;
		bed_run(bed, 5);
	}
	fail_msg("a port does not get ACTIVE");
}

void bed_forget(struct bed *bed)
{
	unsigned int i;

	for (i = 0; i < bed->n; i++) {
		bed->end[i].n = 0;
		bed->end[i].n_changes = 0;
	}
}

int bed_setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	bed->base = event_base_new();
	assert_int_equal(fabric_create(bed->base, &bed->fabric), 0);
	bed_add(bed);
	bed_add(bed);
	*state = bed;
	bed_run_until_active(bed);
	return 0;
}

int bed_teardown(void **state)
{
	struct bed *bed = *state;
	unsigned int i;

	for (i = 0; i < bed->n; i++) {
		port_destroy(bed->end[i].port);
		free(bed->end[i].seen);
	}
	fabric_destroy(bed->fabric);
	event_base_free(bed->base);
	free(bed);
	return 0;
}

struct packet ud_packet(uint16_t dlid, uint32_t dqpn, uint32_t psn)
{
	return (struct packet){
		.dlid = dlid, .opcode = bth(BTH_UD, OP_SEND_ONLY), .pkey = 0xffff,
		.dqpn = dqpn, .psn = psn, .qkey = QKEY_GSI, .sqpn = dqpn <= 1 ? dqpn : 0x123,
	};
}

struct packet ud_packet_with(uint16_t dlid, uint32_t dqpn, uint32_t psn, void *data, uint32_t len)
{
	struct packet pkt = ud_packet(dlid, dqpn, psn);

	pkt.len = len;
	pkt.n_sg = 1;
	pkt.sg[0] = (struct iovec){ .iov_base = data, .iov_len = len };
	return pkt;
}

void mad_init(uint8_t *mad, uint8_t class, uint8_t method, uint16_t attr, uint32_t mod)
{
	static uint64_t tid;

	memset(mad, 0, MAD_BYTES);
	mad[MAD_BASE_VERSION] = 1;
	mad[MAD_CLASS] = class;
	mad[MAD_CLASS_VERSION] = class == CLASS_SA ? 2 : 1;
	mad[MAD_METHOD] = method;
	mad_put64(mad + MAD_TID, ++tid);
	mad_put16(mad + MAD_ATTR, attr);
	mad_put32(mad + MAD_ATTR_MOD, mod);
}

void mad_route(uint8_t *mad, unsigned int hops, const uint8_t *path)
{
	mad[SMP_HOP_PTR] = 1;
	mad[SMP_HOP_CNT] = (uint8_t)hops;
	mad_put16(mad + SMP_DR_SLID, 0xffff);
	mad_put16(mad + SMP_DR_DLID, 0xffff);
	memcpy(mad + SMP_INITIAL_PATH + 1, path, hops);
}

bool bed_ask(struct bed *bed, struct end *from, uint16_t dlid, uint32_t dqpn, uint8_t *mad)
{
	struct packet pkt = ud_packet_with(dlid, dqpn, 0, mad, MAD_BYTES);
	unsigned int before = from->n, tries;

	port_send(from->port, &pkt);
	for (tries = 0; from->n == before && tries < 20; tries++)
		bed_run(bed, 1);
	if (from->n == before)
		return false;
	memcpy(mad, from->seen[before].data, MAD_BYTES);
	return true;
}

uint16_t mad_status_of(const uint8_t *mad)
{
	return mad_get16(mad + MAD_STATUS);
}
