// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a bad cable does to packets, and the packets that wait because of
 * it. It must never know where a packet goes next.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/transport/packet.h"

enum { REORDER_HOLD_US = 500 };		/* if no other packet overtakes the held one */

struct waiting {
	TAILQ_ENTRY(waiting) link;
	struct packet *pkt;
	fault_next next;
	uint64_t due_us;
};

struct line {
	struct port *port;
	bool active;
	struct fault_config config;
	struct fault_stats stats;
	uint64_t random;
	TAILQ_HEAD(, waiting) delayed;	/* by due_us */
	struct event *delay_timer;
	struct waiting *held;		/* to be overtaken by the next packet */
	struct event *held_timer;
};

struct faults {
	struct line line[FAULT_DIRS];
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

/* splitmix64: one step per decision, so that a seed fixes all of them. */
static bool chance(struct line *line, double p)
{
	uint64_t z = line->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	return (double)(z >> 11) * 0x1p-53 < p;
}

static struct waiting *waiting_new(const struct packet *pkt, fault_next next)
{
	struct waiting *w = malloc(sizeof(*w));

	if (!w)
		return NULL;
	w->pkt = packet_dup(pkt);
	if (!w->pkt) {
		free(w);
		return NULL;
	}
	w->next = next;
	return w;
}

static void waiting_free(struct waiting *w)
{
	free(w->pkt);
	free(w);
}

static void let_go(struct line *line, struct waiting *w)
{
	w->next(line->port, w->pkt);
	waiting_free(w);
}

static void arm(struct event *timer, uint64_t us)
{
	struct timeval tv = { .tv_sec = (time_t)(us / 1000000u),
			      .tv_usec = (suseconds_t)(us % 1000000u) };

	evtimer_add(timer, &tv);
}

static void delay_flush(struct line *line, uint64_t until_us)
{
	struct waiting *w;

	while ((w = TAILQ_FIRST(&line->delayed)) && w->due_us <= until_us) {
		TAILQ_REMOVE(&line->delayed, w, link);
		let_go(line, w);
	}
}

static void on_delay(evutil_socket_t fd, short what, void *arg)
{
	struct line *line = arg;
	struct fabric *fabric = line->port->fabric;
	struct waiting *w;
	uint64_t now = now_us();

	(void)fd;
	(void)what;
	fabric_enter(fabric);
	delay_flush(line, now);
	fabric_leave(fabric);
	w = TAILQ_FIRST(&line->delayed);
	if (w)
		arm(line->delay_timer, w->due_us > now ? w->due_us - now : 0);
}

/* The last step of the line: on at once, or after the delay. */
static void pass_delay(struct line *line, struct packet *pkt, fault_next next)
{
	struct waiting *w;

	if (!line->config.delay_us && TAILQ_EMPTY(&line->delayed)) {
		struct packet copy = *pkt;

		next(line->port, &copy);
		return;
	}
	w = waiting_new(pkt, next);
	if (!w)
		return;
	line->stats.delayed++;
	w->due_us = now_us() + line->config.delay_us;
	if (TAILQ_EMPTY(&line->delayed))
		arm(line->delay_timer, line->config.delay_us);
	TAILQ_INSERT_TAIL(&line->delayed, w, link);
}

static void release_held(struct line *line)
{
	struct waiting *w = line->held;

	if (!w)
		return;
	line->held = NULL;
	evtimer_del(line->held_timer);
	pass_delay(line, w->pkt, w->next);
	waiting_free(w);
}

static void on_held(evutil_socket_t fd, short what, void *arg)
{
	struct line *line = arg;
	struct fabric *fabric = line->port->fabric;

	(void)fd;
	(void)what;
	fabric_enter(fabric);
	release_held(line);
	fabric_leave(fabric);
}

void faults_pass(struct port *port, enum fault_dir dir, struct packet *pkt, fault_next next)
{
	struct line *line = &port->faults->line[dir];
	const struct fault_config *c = &line->config;

	if (!line->active) {
		next(port, pkt);
		return;
	}
	line->stats.seen++;
	if (c->loss > 0 && chance(line, c->loss)) {
		line->stats.lost++;
		return;
	}
	if (c->reorder > 0 && chance(line, c->reorder) && !line->held) {
		line->held = waiting_new(pkt, next);
		if (line->held) {
			line->stats.reordered++;
			arm(line->held_timer, REORDER_HOLD_US);
			return;
		}
	}
	pass_delay(line, pkt, next);
	if (c->dup > 0 && chance(line, c->dup)) {
		line->stats.duplicated++;
		pass_delay(line, pkt, next);
	}
	release_held(line);
}

static int line_init(struct line *line, struct port *port)
{
	struct event_base *base = port->fabric->base;

	line->port = port;
	TAILQ_INIT(&line->delayed);
	line->delay_timer = evtimer_new(base, on_delay, line);
	line->held_timer = evtimer_new(base, on_held, line);
	return line->delay_timer && line->held_timer ? 0 : -ENOMEM;
}

static void line_fini(struct line *line)
{
	struct waiting *w;

	if (!line->port)
		return;
	while ((w = TAILQ_FIRST(&line->delayed))) {
		TAILQ_REMOVE(&line->delayed, w, link);
		waiting_free(w);
	}
	if (line->held)
		waiting_free(line->held);
	if (line->delay_timer)
		event_free(line->delay_timer);
	if (line->held_timer)
		event_free(line->held_timer);
}

static int faults_create(struct port *port)
{
	struct faults *faults = calloc(1, sizeof(*faults));
	unsigned int dir;

	if (!faults)
		return -ENOMEM;
	port->faults = faults;
	port->fabric->n_faulty++;
	for (dir = 0; dir < FAULT_DIRS; dir++) {
		if (line_init(&faults->line[dir], port)) {
			faults_destroy(port);
			return -ENOMEM;
		}
	}
	return 0;
}

void faults_destroy(struct port *port)
{
	unsigned int dir;

	if (!port->faults)
		return;
	for (dir = 0; dir < FAULT_DIRS; dir++)
		line_fini(&port->faults->line[dir]);
	free(port->faults);
	port->faults = NULL;
	port->fabric->n_faulty--;
}

static bool is_probability(double p)
{
	return p >= 0.0 && p <= 1.0;
}

int faults_set(struct port *port, enum fault_dir dir, const struct fault_config *config)
{
	struct line *line;
	int ret;

	if (!is_probability(config->loss) || !is_probability(config->dup) ||
	    !is_probability(config->reorder))
		return -EINVAL;
	if (!port->faults) {
		ret = faults_create(port);
		if (ret)
			return ret;
	}
	line = &port->faults->line[dir];
	fabric_enter(port->fabric);
	release_held(line);
	delay_flush(line, UINT64_MAX);
	fabric_leave(port->fabric);
	line->config = *config;
	line->random = config->seed;
	line->active = config->loss > 0 || config->dup > 0 || config->reorder > 0 ||
		       config->delay_us;
	line->stats = (struct fault_stats){ 0 };
	return 0;
}

void faults_clear(struct port *port)
{
	static const struct fault_config perfect;
	unsigned int dir;

	if (!port->faults)
		return;
	for (dir = 0; dir < FAULT_DIRS; dir++)
		faults_set(port, (enum fault_dir)dir, &perfect);
	faults_destroy(port);
}

struct fault_stats faults_stats(const struct port *port, enum fault_dir dir)
{
	return port->faults ? port->faults->line[dir].stats : (struct fault_stats){ 0 };
}
