// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns verbs_spin: RDMA writes and completions at the word of an observer, who
 * counts elsewhere what each order cost. Must never know what is counted.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/verbs/clock.h"
#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/memory.h"
#include "tests/lab/verbs/options.h"
#include "tests/lab/verbs/pair.h"

#define LOOK_AT_CLOCK	(1u << 16)	/* every so many empty polls */
#define PATIENCE_NS	(10 * VERBS_NS_PER_S)	/* for one completion */

struct spin {
	struct verbs_device device;
	struct verbs_pair pair;
	struct verbs_memory memory;	/* its first 8 bytes are the target */
	struct ibv_mr *mr;
	uint64_t written;		/* number of the last write */
	bool quit;
};

/* What write number @n writes: all eight bytes change each time. */
static uint64_t value(uint64_t n)
{
	return n * 0x9e3779b97f4a7c15ull;
}

static int post(struct spin *spin)
{
	uint64_t data = value(spin->written + 1);
	struct ibv_sge piece = { .addr = (uintptr_t)&data, .length = sizeof(data) };
	struct ibv_send_wr *bad, wr = {
		.wr_id = spin->written + 1,
		.sg_list = &piece,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_INLINE,
		.wr.rdma = { .remote_addr = (uintptr_t)spin->memory.start, .rkey = spin->mr->rkey },
	};
	int error = ibv_post_send(spin->pair.end[0].qp, &wr, &bad);

	if (error)
		return verbs_failed(error, "ibv_post_send of write %" PRIu64, wr.wr_id);
	spin->written++;
	return 0;
}

/* Spin until the last write is complete; @polls counts all looks. */
static int collect(struct spin *spin, uint64_t *polls)
{
	struct ibv_cq *cq = spin->pair.end[0].cq;
	uint64_t empty = 0, since = 0;
	struct ibv_wc wc;
	int n;

	for (;;) {
		n = ibv_poll_cq(cq, 1, &wc);
		++*polls;
		if (n)
			break;
		if (++empty % LOOK_AT_CLOCK)
			continue;
		if (!since)
			since = verbs_now();
		else if (verbs_now() - since > PATIENCE_NS)
			return verbs_failed(ETIMEDOUT, "completion of write %" PRIu64, spin->written);
	}
	if (n < 0)
		return verbs_failed(EIO, "ibv_poll_cq");
	if (wc.status)
		return verbs_failed(EIO, "completion of write %" PRIu64 ": %s (vendor error 0x%x)",
				    spin->written, ibv_wc_status_str(wc.status), wc.vendor_err);
	if (wc.wr_id != spin->written)
		return verbs_failed(EIO, "completion of write %" PRIu64 ", not of %" PRIu64,
				    wc.wr_id, spin->written);
	return 0;
}

/* Arm, post, sleep until the event, acknowledge, poll. */
static int post_and_sleep(struct spin *spin)
{
	struct verbs_end *end = &spin->pair.end[0];
	struct ibv_cq *cq;
	uint64_t polls = 0;
	void *context;
	int ret;

	ret = ibv_req_notify_cq(end->cq, 0);
	if (ret)
		return verbs_failed(ret, "ibv_req_notify_cq");
	ret = post(spin);
	if (ret)
		return ret;
	if (ibv_get_cq_event(end->channel, &cq, &context))
		return verbs_failed(errno, "ibv_get_cq_event");
	ibv_ack_cq_events(cq, 1);
	return collect(spin, &polls);
}

static int check_target(const struct spin *spin)
{
	uint64_t want = value(spin->written), have;

	memcpy(&have, spin->memory.start, sizeof(have));
	return have == want ? 0 : verbs_failed(EIO, "target holds %#" PRIx64 ", not %#" PRIx64, have, want);
}

/* --- orders: 0 after an answer, or -errno after a complaint -------------------- */

static int order_posts(struct spin *spin, uint64_t n)
{
	uint64_t start = verbs_now(), polls = 0, ns;
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++) {
		ret = post(spin);
		if (!ret)
			ret = collect(spin, &polls);
	}
	ns = verbs_now() - start;
	if (!ret)
		ret = check_target(spin);
	if (!ret)
		printf("{\"posts\":%" PRIu64 ",\"polls\":%" PRIu64 ",\"ns\":%" PRIu64 "}\n", n, polls, ns);
	return ret;
}

static int order_idle(struct spin *spin, uint64_t n)
{
	uint64_t start = verbs_now(), ns;

	(void)spin;
	do
		ns = verbs_now() - start;
	while (ns < n);
	printf("{\"idle\":%" PRIu64 ",\"ns\":%" PRIu64 "}\n", n, ns);
	return 0;
}

static int order_events(struct spin *spin, uint64_t n)
{
	uint64_t start = verbs_now(), ns;
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++)
		ret = post_and_sleep(spin);
	ns = verbs_now() - start;
	if (!ret)
		ret = check_target(spin);
	if (!ret)
		printf("{\"events\":%" PRIu64 ",\"ns\":%" PRIu64 "}\n", n, ns);
	return ret;
}

static int order_quit(struct spin *spin, uint64_t n)
{
	(void)n;
	spin->quit = true;
	printf("{\"quit\":true}\n");
	return 0;
}

static const struct order {
	const char *name;
	bool counted;		/* a number follows */
	int (*run)(struct spin *spin, uint64_t n);
} orders[] = {
	{ "posts", true, order_posts },
	{ "idle", true, order_idle },
	{ "events", true, order_events },
	{ "quit", false, order_quit },
};

static const struct order *order_find(const char *line, uint64_t *n)
{
	char name[16], number[24], more;
	int words = sscanf(line, "%15s %23s %c", name, number, &more);
	const struct order *found = NULL;
	char *end = number;

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders) && words > 0 && !found; i++)
		if (!strcmp(name, orders[i].name) && words == 1 + orders[i].counted)
			found = &orders[i];
	if (!found || !found->counted)
		return found;
	errno = 0;
	*n = strtoull(number, &end, 10);
	return *number >= '0' && *number <= '9' && !*end && !errno ? found : NULL;
}

/* Until `quit` or the end of standard input. What is no order is answered, too. */
static int obey(struct spin *spin)
{
	const struct order *order;
	size_t room = 0;
	char *line = NULL;
	uint64_t n = 0;
	int ret = 0;

	printf("ready\n");
	fflush(stdout);
	while (!ret && !spin->quit && getline(&line, &room, stdin) >= 0) {
		order = order_find(line, &n);
		if (order)
			ret = order->run(spin, n);
		else
			printf("{\"error\":\"orders: posts N, idle NS, events N, quit\"}\n");
		fflush(stdout);
	}
	free(line);
	return ret;
}

/* --- the program ---------------------------------------------------------------- */

static int spin_open(struct spin *spin, const char *name)
{
	int ret;

	ret = verbs_device_open(name, &spin->device);
	if (ret)
		return ret;
	ret = verbs_memory_map(VERBS_PAGE, false, &spin->memory);
	if (ret)
		return ret;
	memset(spin->memory.start, 0, spin->memory.bytes);
	spin->mr = ibv_reg_mr(spin->device.pd, spin->memory.start, spin->memory.bytes,
			      IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	if (!spin->mr)
		return verbs_failed(errno, "ibv_reg_mr");
	return verbs_pair_create(&spin->device, sizeof(uint64_t), &spin->pair);
}

/* Also of what spin_open() left half open. */
static int spin_close(struct spin *spin)
{
	int error, ret;

	ret = verbs_pair_destroy(&spin->pair);
	error = spin->mr ? ibv_dereg_mr(spin->mr) : 0;
	if (error)
		ret = verbs_failed(error, "ibv_dereg_mr");
	verbs_memory_unmap(&spin->memory);
	error = verbs_device_close(&spin->device);
	return ret ? ret : error;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	switch (key) {
	case VERBS_KEY_DEVICE:
		*name = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not an option", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = { VERBS_OPTION_DEVICE, { 0 } };
	static const struct argp argp = {
		options, parse, NULL,
		"The data path under observation: connects two RC QPs of one port, prints `ready`, and "
		"obeys the lines it reads, answering each by a line of JSON:\v"
		"  posts N    N times: post an inline RDMA write of 8 bytes, poll it complete\n"
		"  events N   N times: arm the CQ, post, sleep until the event, poll\n"
		"  idle NS    spin on the clock for NS nanoseconds, without the device\n"
		"  quit       end (so does the end of the input)\n\n"
		"After posts and events the target must hold what was written last.", NULL, NULL, NULL,
	};
	struct spin spin = { 0 };
	const char *name = NULL;
	int ret, closed;

	verbs_options_parse(&argp, argc, argv, &name);
	ret = spin_open(&spin, name);
	if (!ret)
		ret = obey(&spin);
	closed = spin_close(&spin);
	return ret || closed;
}
