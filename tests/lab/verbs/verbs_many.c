// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns verbs_many: whether one object more costs the same beside few others and
 * beside many. Must never know what stands behind the device.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lab/verbs/clock.h"
#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/memory.h"
#include "tests/lab/verbs/options.h"
#include "tests/lab/verbs/qp.h"
#include "tests/lab/verbs/samples.h"

#define FEW		100u
#define MAX_MANY	1000000u
#define N_SHARED_CQS	4u
#define N_KINDS		3u
#define CQ_ENTRIES	2
#define SHARED_ENTRIES	256
#define ACCESS		(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)

struct many;

/* Objects of one kind; number @many is the one more that is measured. */
struct kind {
	const char *name;
	/* 0, or -errno after a complaint. */
	int (*create)(struct many *many, size_t number, void **object);
	int (*destroy)(void *object);
	void **objects;
	size_t n, many;
	uint64_t few_ns, many_ns;
};

struct many {
	struct verbs_device device;
	struct verbs_memory memory;	/* a page for each MR */
	struct ibv_cq *shared[N_SHARED_CQS];	/* of the QPs */
	struct kind kind[N_KINDS];
	size_t rounds;
};

/* --- the kinds --------------------------------------------------------------------- */

static int create_mr(struct many *many, size_t number, void **object)
{
	*object = ibv_reg_mr(many->device.pd, many->memory.start + number * VERBS_PAGE, VERBS_PAGE, ACCESS);
	return *object ? 0 : verbs_failed(errno, "ibv_reg_mr");
}

static int destroy_mr(void *object)
{
	int error = ibv_dereg_mr(object);

	return error ? verbs_failed(error, "ibv_dereg_mr") : 0;
}

static int create_qp(struct many *many, size_t number, void **object)
{
	struct ibv_qp *qp;
	int ret = verbs_qp_create(&many->device, many->shared[number % N_SHARED_CQS], 0, &qp);

	*object = qp;
	return ret;
}

static int destroy_qp(void *object)
{
	int error = ibv_destroy_qp(object);

	return error ? verbs_failed(error, "ibv_destroy_qp") : 0;
}

static int create_cq(struct many *many, size_t number, void **object)
{
	(void)number;
	*object = ibv_create_cq(many->device.context, CQ_ENTRIES, NULL, NULL, 0);
	return *object ? 0 : verbs_failed(errno, "ibv_create_cq");
}

static int destroy_cq(void *object)
{
	int error = ibv_destroy_cq(object);

	return error ? verbs_failed(error, "ibv_destroy_cq") : 0;
}

/* --- creating, measuring, destroying ------------------------------------------------- */

static int grow(struct many *many, struct kind *kind, size_t n)
{
	uint64_t start = verbs_now();
	int ret;

	while (kind->n < n) {
		ret = kind->create(many, kind->n, &kind->objects[kind->n]);
		if (ret)
			return verbs_failed(-ret, "%s number %zu of %zu", kind->name, kind->n + 1, kind->many);
		kind->n++;
	}
	fprintf(stderr, "%zu %ss after %.1f s\n", n, kind->name, (double)(verbs_now() - start) / VERBS_NS_PER_S);
	return 0;
}

static int shrink(struct kind *kind)
{
	int error, ret = 0;

	while (kind->n) {
		error = kind->destroy(kind->objects[--kind->n]);
		if (error)
			ret = verbs_failed(-error, "destroying %s number %zu", kind->name, kind->n + 1);
	}
	return ret;
}

/* Median cost of creating and destroying one object more. */
static int measure(struct many *many, const struct kind *kind, uint64_t *median_ns)
{
	struct verbs_samples samples;
	uint64_t start;
	void *object;
	int ret;

	ret = verbs_samples_init(&samples, many->rounds);
	for (size_t i = 0; i < many->rounds && !ret; i++) {
		start = verbs_now();
		ret = kind->create(many, kind->many, &object);
		if (!ret)
			ret = kind->destroy(object);
		if (!ret)
			verbs_samples_add(&samples, verbs_now() - start);
		else
			verbs_failed(-ret, "one %s more beside %zu, round %zu", kind->name, kind->n, i + 1);
	}
	if (!ret)
		*median_ns = verbs_samples_sum_up(&samples).median_ns;
	verbs_samples_fini(&samples);
	return ret;
}

/* Few of all kinds, measure; many of all kinds, measure. */
static int compare(struct many *many)
{
	struct kind *kind, *end = many->kind + N_KINDS;
	int ret = 0;

	for (kind = many->kind; kind < end && !ret; kind++)
		ret = grow(many, kind, FEW);
	for (kind = many->kind; kind < end && !ret; kind++)
		ret = measure(many, kind, &kind->few_ns);
	for (kind = many->kind; kind < end && !ret; kind++)
		ret = grow(many, kind, kind->many);
	for (kind = many->kind; kind < end && !ret; kind++)
		ret = measure(many, kind, &kind->many_ns);
	return ret;
}

/* --- results ------------------------------------------------------------------------- */

static double ratio(const struct kind *kind)
{
	return (double)kind->many_ns / (double)(kind->few_ns ? kind->few_ns : 1);
}

static void print_results(const struct many *many)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		const struct kind *kind = &many->kind[i];

		printf("%c\"%s\":{\"few\":%u,\"few_ns\":%" PRIu64 ",\"many\":%zu,\"many_ns\":%" PRIu64
		       ",\"ratio\":%.3f}", i ? ',' : '{', kind->name, FEW, kind->few_ns, kind->many,
		       kind->many_ns, ratio(kind));
	}
	printf("}\n");
	fflush(stdout);
}

static int judge(const struct many *many, double max_ratio)
{
	int ret = 0;

	for (size_t i = 0; i < N_KINDS; i++) {
		if (ratio(&many->kind[i]) <= max_ratio)
			continue;
		fprintf(stderr, "verbs_many: one %s more costs %.3f times as much beside %zu as beside %u, "
			"more than %.3f\n", many->kind[i].name, ratio(&many->kind[i]), many->kind[i].many,
			FEW, max_ratio);
		ret = -ERANGE;
	}
	return ret;
}

/* --- the program --------------------------------------------------------------------- */

static int many_open(struct many *many, const char *name)
{
	int ret;

	ret = verbs_device_open(name, &many->device);
	if (!ret)
		ret = verbs_memory_map((many->kind[0].many + 1) * VERBS_PAGE, false, &many->memory);
	for (size_t i = 0; i < N_KINDS && !ret; i++) {
		many->kind[i].objects = calloc(many->kind[i].many, sizeof(void *));
		if (!many->kind[i].objects)
			ret = verbs_failed(ENOMEM, "calloc");
	}
	for (size_t i = 0; i < N_SHARED_CQS && !ret; i++) {
		many->shared[i] = ibv_create_cq(many->device.context, SHARED_ENTRIES, NULL, NULL, 0);
		if (!many->shared[i])
			ret = verbs_failed(errno, "ibv_create_cq");
	}
	return ret;
}

/* Also of what many_open() left half open. */
static int many_close(struct many *many)
{
	int error, ret = 0;

	for (size_t i = N_KINDS; i-- > 0;) {
		error = shrink(&many->kind[i]);
		ret = ret ? ret : error;
		free(many->kind[i].objects);
	}
	for (size_t i = N_SHARED_CQS; i-- > 0;) {
		error = many->shared[i] ? destroy_cq(many->shared[i]) : 0;
		ret = ret ? ret : error;
	}
	verbs_memory_unmap(&many->memory);
	error = verbs_device_close(&many->device);
	return ret ? ret : error;
}

struct arguments {
	const char *name;	/* of the device; NULL: the first one */
	size_t many[N_KINDS], rounds;
	double max_ratio;
};

enum { KEY_MRS = 0x100, KEY_QPS, KEY_CQS, KEY_ROUNDS, KEY_MAX_RATIO };

static const struct argp_option options[] = {
	VERBS_OPTION_DEVICE,
	{ "mrs", KEY_MRS, "N", 0, "Memory regions of one page each (20000)", 0 },
	{ "qps", KEY_QPS, "N", 0, "RC QPs that share four CQs (2000)", 0 },
	{ "cqs", KEY_CQS, "N", 0, "CQs beside those (4000)", 0 },
	{ "rounds", KEY_ROUNDS, "N", 0, "Rounds of each measurement (1000)", 0 },
	{ "max-ratio", KEY_MAX_RATIO, "R", 0, "Status 1 if many_ns is more than R times few_ns", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *end;

	switch (key) {
	case VERBS_KEY_DEVICE:
		a->name = arg;
		break;
	case KEY_MRS:
	case KEY_QPS:
	case KEY_CQS:
		a->many[key - KEY_MRS] = verbs_options_number(state, arg, FEW, MAX_MANY);
		break;
	case KEY_ROUNDS:
		a->rounds = verbs_options_number(state, arg, 1, MAX_MANY);
		break;
	case KEY_MAX_RATIO:
		a->max_ratio = strtod(arg, &end);
		if (end == arg || *end || !(a->max_ratio > 0))
			argp_error(state, "'%s' is not a ratio", arg);
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
	"Creates 100 objects of each kind, then many, all in one process, and measures each time what "
	"creating and destroying one more costs (median). Prints JSON.", NULL, NULL, NULL,
};

int main(int argc, char **argv)
{
	struct arguments a = { .many = { 20000, 2000, 4000 }, .rounds = 1000, .max_ratio = INFINITY };
	struct many many = {
		.kind = {
			{ .name = "mr", .create = create_mr, .destroy = destroy_mr },
			{ .name = "qp", .create = create_qp, .destroy = destroy_qp },
			{ .name = "cq", .create = create_cq, .destroy = destroy_cq },
		},
	};
	int ret, closed;

	verbs_options_parse(&argp, argc, argv, &a);
	many.rounds = a.rounds;
	for (size_t i = 0; i < N_KINDS; i++)
		many.kind[i].many = a.many[i];
	ret = many_open(&many, a.name);
	if (!ret)
		ret = compare(&many);
	if (!ret) {
		print_results(&many);
		ret = judge(&many, a.max_ratio);
	}
	closed = many_close(&many);
	return ret || closed;
}
