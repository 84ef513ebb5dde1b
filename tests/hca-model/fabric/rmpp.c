// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns long answers on their way: the sender's side of RMPP with its window
 * and its timer. It must never know records. Source: IBA volume 1, 13.6.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "tests/hca-model/fabric/node.h"
#include "tests/hca-model/fabric/rmpp.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/transport/packet.h"

enum {
	SA_HEADER_BYTES = SA_DATA - SA_SM_KEY,	/* counted in PayloadLength */
	MAX_TRANSFERS = 64, MAX_TRIES = 4, RESEND_SECONDS = 1,
	RESP_TIME = 18,
};

struct transfer {
	TAILQ_ENTRY(transfer) link;
	struct packet req;			/* where to: no payload */
	unsigned int in;
	uint8_t head[SA_DATA];
	uint8_t *data;
	size_t len;
	uint32_t segments, sent, acked, window;
	unsigned int tries;
};

struct rmpp {
	struct fabric *fabric;
	struct event *timer;
	unsigned int n;
	TAILQ_HEAD(, transfer) transfers;
};

static void transfer_free(struct rmpp *rmpp, struct transfer *t)
{
	TAILQ_REMOVE(&rmpp->transfers, t, link);
	rmpp->n--;
	free(t->data);
	free(t);
}

/* @seg counts from 1. */
static void send_segment(struct rmpp *rmpp, struct transfer *t, uint32_t seg)
{
	size_t off = (size_t)(seg - 1) * SA_DATA_BYTES;
	size_t bytes = t->len - off < SA_DATA_BYTES ? t->len - off : SA_DATA_BYTES;
	uint8_t mad[MAD_BYTES] = { 0 };
	uint8_t flags = RMPP_ACTIVE;
	uint32_t length = 0;

	memcpy(mad, t->head, SA_DATA);
	if (bytes)
		memcpy(mad + SA_DATA, t->data + off, bytes);
	if (seg == t->segments) {
		flags |= RMPP_LAST;
		length = (uint32_t)bytes + SA_HEADER_BYTES;
	}
	if (seg == 1) {
		flags |= RMPP_FIRST;
		length = (uint32_t)t->len + t->segments * SA_HEADER_BYTES;
	}
	mad[RMPP_VERSION] = 1;
	mad[RMPP_TYPE] = RMPP_DATA;
	mad[RMPP_RTIME_FLAGS] = (uint8_t)(RESP_TIME << 3 | flags);
	mad_put32(mad + RMPP_SEGMENT, seg);
	mad_put32(mad + RMPP_LENGTH, length);
	node_reply(rmpp->fabric, t->in, &t->req, mad, 1);
}

static void send_window(struct rmpp *rmpp, struct transfer *t)
{
	while (t->sent < t->window && t->sent < t->segments)
		send_segment(rmpp, t, ++t->sent);
}

static void arm(struct rmpp *rmpp)
{
	static const struct timeval tv = { .tv_sec = RESEND_SECONDS };

	if (!evtimer_pending(rmpp->timer, NULL))
		evtimer_add(rmpp->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rmpp *rmpp = arg;
	struct transfer *t, *next;

	(void)fd;
	(void)what;
	for (t = TAILQ_FIRST(&rmpp->transfers); t; t = next) {
		next = TAILQ_NEXT(t, link);
		if (++t->tries > MAX_TRIES) {
			transfer_free(rmpp, t);
			continue;
		}
		t->sent = t->acked;
		send_window(rmpp, t);
	}
	if (!TAILQ_EMPTY(&rmpp->transfers))
		arm(rmpp);
}

void rmpp_send(struct rmpp *rmpp, unsigned int in, const struct packet *req,
	       const uint8_t *head, uint8_t *data, size_t len)
{
	struct transfer *t;

	if (rmpp->n == MAX_TRANSFERS)
		transfer_free(rmpp, TAILQ_FIRST(&rmpp->transfers));
	t = calloc(1, sizeof(*t));
	if (!t) {
		free(data);
		return;
	}
	t->req = *req;
	t->req.n_sg = 0;
	t->req.len = 0;
	t->in = in;
	memcpy(t->head, head, SA_DATA);
	t->data = data;
	t->len = len;
	t->segments = len ? (uint32_t)((len + SA_DATA_BYTES - 1) / SA_DATA_BYTES) : 1;
	t->window = 1;
	TAILQ_INSERT_TAIL(&rmpp->transfers, t, link);
	rmpp->n++;
	send_window(rmpp, t);
	arm(rmpp);
}

static struct transfer *find(struct rmpp *rmpp, const struct packet *pkt, const uint8_t *mad)
{
	struct transfer *t;

	TAILQ_FOREACH(t, &rmpp->transfers, link)
		if (t->req.slid == pkt->slid && t->req.sqpn == pkt->sqpn &&
		    !memcmp(t->head + MAD_TID, mad + MAD_TID, 8))
			return t;
	return NULL;
}

void rmpp_receive(struct rmpp *rmpp, const struct packet *pkt, const uint8_t *mad)
{
	struct transfer *t = find(rmpp, pkt, mad);
	uint32_t acked = mad_get32(mad + RMPP_SEGMENT);
	uint32_t window = mad_get32(mad + RMPP_LENGTH);

	if (!t)
		return;
	if (mad[RMPP_TYPE] != RMPP_ACK || acked > t->sent || window < acked) {
		transfer_free(rmpp, t);
		return;
	}
	if (acked < t->acked)
		return;
	t->acked = acked;
	t->tries = 0;
	if (acked == t->segments) {
		transfer_free(rmpp, t);
		return;
	}
	t->window = window;
	send_window(rmpp, t);
}

int rmpp_create(struct fabric *fabric, struct rmpp **out)
{
	struct rmpp *rmpp = calloc(1, sizeof(*rmpp));

	if (!rmpp)
		return -ENOMEM;
	rmpp->fabric = fabric;
	TAILQ_INIT(&rmpp->transfers);
	rmpp->timer = evtimer_new(fabric->base, on_timer, rmpp);
	if (!rmpp->timer) {
		free(rmpp);
		return -ENOMEM;
	}
	*out = rmpp;
	return 0;
}

void rmpp_destroy(struct rmpp *rmpp)
{
	struct transfer *t;

	if (!rmpp)
		return;
	while ((t = TAILQ_FIRST(&rmpp->transfers)))
		transfer_free(rmpp, t);
	event_free(rmpp->timer);
	free(rmpp);
}
