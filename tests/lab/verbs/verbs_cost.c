// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns verbs_cost: what control verbs cost one by one, as CSV. Must never know
 * what a good cost is.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/lab/verbs/clock.h"
#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/memory.h"
#include "tests/lab/verbs/options.h"
#include "tests/lab/verbs/qp.h"
#include "tests/lab/verbs/samples.h"

#define MAX_SIZES	16u
#define MAX_ROUNDS	1000000u
#define CQ_ENTRIES	2
#define ACCESS		(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)

struct cost {
	const char *name;	/* of the device; NULL: the first one */
	struct verbs_device device;
	uint64_t sizes[MAX_SIZES];
	size_t n_sizes, rounds;
	bool huge, registrations_only;
};

static void print_row(const char *what, uint64_t size, struct verbs_samples *samples)
{
	struct verbs_summary sum = verbs_samples_sum_up(samples);

	printf("%s,%" PRIu64 ",%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", what, size, samples->n,
	       sum.median_ns, sum.mean_ns, sum.min_ns);
	fflush(stdout);
}

/* --- one series of times per step of a round ------------------------------------- */

enum { MAX_STEPS = 6 };

struct series {
	const char *const *names;
	size_t n;
	struct verbs_samples step[MAX_STEPS];
};

static void series_fini(struct series *series)
{
	for (size_t i = 0; i < series->n; i++)
		verbs_samples_fini(&series->step[i]);
}

static int series_init(struct series *series, const char *const *names, size_t n, size_t rounds)
{
	int ret = 0;

	*series = (struct series){ .names = names, .n = n };
	for (size_t i = 0; i < n && !ret; i++)
		ret = verbs_samples_init(&series->step[i], rounds);
	if (ret)
		series_fini(series);
	return ret;
}

/* @at: when each step began, and when the last one ended. */
static void series_add(struct series *series, const uint64_t *at, size_t steps)
{
	for (size_t i = 0; i < steps; i++)
		verbs_samples_add(&series->step[i], at[i + 1] - at[i]);
}

static void series_print(struct series *series, uint64_t size)
{
	for (size_t i = 0; i < series->n; i++)
		print_row(series->names[i], size, &series->step[i]);
}

/* --- registrations ----------------------------------------------------------------- */

static int register_once(struct ibv_pd *pd, const struct verbs_memory *memory, uint64_t size,
			 struct series *series)
{
	struct ibv_mr *mr;
	uint64_t at[3];
	int error;

	at[0] = verbs_now();
	mr = ibv_reg_mr(pd, memory->start, size, ACCESS);
	if (!mr)
		return verbs_failed(errno, "ibv_reg_mr of %" PRIu64 " bytes", size);
	at[1] = verbs_now();
	error = ibv_dereg_mr(mr);
	if (error)
		return verbs_failed(error, "ibv_dereg_mr of %" PRIu64 " bytes", size);
	at[2] = verbs_now();
	series_add(series, at, 2);
	return 0;
}

static int cost_registration(const struct cost *cost, uint64_t size)
{
	static const char *const names[] = { "reg_mr", "dereg_mr" };
	struct verbs_memory memory;
	struct series series;
	int ret;

	fprintf(stderr, "registrations of %" PRIu64 " bytes, %zu rounds\n", size, cost->rounds);
	ret = verbs_memory_map(size, cost->huge, &memory);
	if (ret)
		return ret;
	ret = series_init(&series, names, 2, cost->rounds);
	if (ret)
		goto unmap;
	for (size_t i = 0; i < cost->rounds && !ret; i++)
		ret = register_once(cost->device.pd, &memory, size, &series);
	if (!ret)
		series_print(&series, size);
	series_fini(&series);
unmap:
	verbs_memory_unmap(&memory);
	return ret;
}

/* --- connections -------------------------------------------------------------------- */

/* The QP is connected to itself: the verbs are the same. */
static int connect_once(const struct verbs_device *device, struct series *series)
{
	struct ibv_qp *qp = NULL;
	struct ibv_cq *cq;
	uint64_t at[6];
	int ret, error;

	at[0] = verbs_now();
	cq = ibv_create_cq(device->context, CQ_ENTRIES, NULL, NULL, 0);
	if (!cq)
		return verbs_failed(errno, "ibv_create_cq");
	at[1] = verbs_now();
	ret = verbs_qp_create(device, cq, 0, &qp);
	at[2] = verbs_now();
	if (!ret)
		ret = verbs_qp_connect(device, qp, qp->qp_num);
	at[3] = verbs_now();
	error = qp ? ibv_destroy_qp(qp) : 0;
	if (error)
		ret = verbs_failed(error, "ibv_destroy_qp");
	at[4] = verbs_now();
	error = ibv_destroy_cq(cq);
	if (error)
		ret = verbs_failed(error, "ibv_destroy_cq");
	at[5] = verbs_now();
	if (ret)
		return ret;
	series_add(series, at, 5);
	verbs_samples_add(&series->step[5], at[5] - at[0]);
	return 0;
}

static int cost_connection(const struct cost *cost)
{
	static const char *const names[MAX_STEPS] = {
		"create_cq", "create_qp", "modify_qp", "destroy_qp", "destroy_cq", "connect",
	};
	struct series series;
	int ret;

	fprintf(stderr, "connections, %zu rounds\n", cost->rounds);
	ret = series_init(&series, names, MAX_STEPS, cost->rounds);
	if (ret)
		return ret;
	for (size_t i = 0; i < cost->rounds && !ret; i++)
		ret = connect_once(&cost->device, &series);
	if (!ret)
		series_print(&series, 0);
	series_fini(&series);
	return ret;
}

/* --- the program ------------------------------------------------------------------- */

enum { KEY_SIZES = 0x100, KEY_HUGE, KEY_ROUNDS, KEY_REGISTRATIONS };

static const struct argp_option options[] = {
	VERBS_OPTION_DEVICE,
	{ "sizes", KEY_SIZES, "LIST", 0, "Bytes to register, with K, M, G (4K,1M,256M)", 0 },
	{ "hugepages", KEY_HUGE, 0, 0, "Register memory in huge pages (MAP_HUGETLB)", 0 },
	{ "rounds", KEY_ROUNDS, "N", 0, "Rounds of each (100)", 0 },
	{ "registrations-only", KEY_REGISTRATIONS, 0, 0, "No connections", 0 },
	{ 0 },
};

static void parse_sizes(struct cost *cost, char *list, struct argp_state *state)
{
	char *word;

	cost->n_sizes = 0;
	while ((word = strsep(&list, ","))) {
		if (cost->n_sizes == MAX_SIZES)
			argp_error(state, "at most %u sizes", MAX_SIZES);
		cost->sizes[cost->n_sizes++] = verbs_options_number(state, word, 1, 1ull << 40);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cost *cost = state->input;

	switch (key) {
	case VERBS_KEY_DEVICE:
		cost->name = arg;
		break;
	case KEY_SIZES:
		parse_sizes(cost, arg, state);
		break;
	case KEY_HUGE:
		cost->huge = true;
		break;
	case KEY_ROUNDS:
		cost->rounds = verbs_options_number(state, arg, 1, MAX_ROUNDS);
		break;
	case KEY_REGISTRATIONS:
		cost->registrations_only = true;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not an option", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse, NULL,
	"What control verbs cost, as CSV: registering and deregistering touched memory by size, and a "
	"connection: a CQ and an RC QP, through INIT, RTR and RTS (modify_qp is all three), destroyed "
	"again (connect is all of it).", NULL, NULL, NULL,
};

int main(int argc, char **argv)
{
	struct cost cost = {
		.sizes = { 4ull << 10, 1ull << 20, 256ull << 20 },
		.n_sizes = 3,
		.rounds = 100,
	};
	int ret, closed;

	verbs_options_parse(&argp, argc, argv, &cost);
	ret = verbs_device_open(cost.name, &cost.device);
	if (ret)
		return 1;
	printf("what,size,n,median_ns,mean_ns,min_ns\n");
	for (size_t i = 0; i < cost.n_sizes && !ret; i++)
		ret = cost_registration(&cost, cost.sizes[i]);
	if (!ret && !cost.registrations_only)
		ret = cost_connection(&cost);
	closed = verbs_device_close(&cost.device);
	return ret || closed;
}
