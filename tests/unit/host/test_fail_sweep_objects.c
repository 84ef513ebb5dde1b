// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whatever command of an object's life fails, and however: no crash, nothing
 * stays that could be destroyed, the error names the command.
 */
#include <string.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/host/objects_lives.h"

enum {
	STATUS = 0x0f,			/* exceeds a limit */
	SLOW_MS = 10000,		/* longer than anything takes that works */
	SHORT_MS = 500,			/* of commands that are to time out: the others must not */
	TIMEOUTS_PER_HCA = 8,		/* each takes a slot of the queue for good */
};

/* A failure, and what must come of it. */
struct failure {
	const char *kind;
	int err;
	bool always_told;		/* by an error; else only where the answer says something */
	bool kills;			/* the HCA */
	unsigned int command_ms;
	size_t per_hca;			/* failures that one open HCA can stand */
};

static const struct failure status = { "status", -EREMOTEIO, true, false, SLOW_MS, SIZE_MAX };
static const struct failure timeout = { "timeout", -ETIMEDOUT, true, false, SHORT_MS,
					TIMEOUTS_PER_HCA };
static const struct failure garbage = { "garbage", -EIO, false, false, SLOW_MS, SIZE_MAX };
static const struct failure gone = { "gone", -ENODEV, true, true, SLOW_MS, 1 };

/* Commands whose answers say something that can be checked: all numbers, and states. */
static bool answer_says_something(uint16_t op)
{
	static const uint16_t ops[] = {
		0x200, 0x201, 0x400, 0x402, 0x500, 0x50b, 0x705, 0x707, 0x762, 0x764, 0x771,
		0x800, 0x802, 0x80e, 0x90c, 0x90f,
	};
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i] == op)
			return true;
	return false;
}

static void check_error(const struct objects_life *life, size_t n, const struct failure *f,
			const struct objects_run *run)
{
	char text[128], name[8];

	if (!run->first && !f->always_told && !answer_says_something(life->ops[n]))
		return;
	if (run->first != f->err || run->cause.opcode != life->ops[n])
		fail_msg("%s, command %zu (0x%x), %s: error %d of 0x%x", life->name, n,
			 life->ops[n], f->kind, run->first, run->cause.opcode);
	assert_int_equal(run->cause.err, f->err);
	assert_int_equal(run->cause.status, f == &status ? STATUS : 0);
	hca_cmd_error_text(&run->cause, text, sizeof(text));
	assert_non_null(strstr(text, hca_opcode_name(life->ops[n], name)));
}

/* Whether something may be left, and why that is right. */
static bool may_leave(const struct failure *f, const struct objects_run *run)
{
	return f->kills || run->left || (f == &garbage && run->unsure);
}

static uint64_t commands_of(struct objects_bed *bed)
{
	struct hca_cmd_stats stats;

	hca_cmd_stats(bed->hca, &stats);
	return stats.done + stats.failed + stats.timed_out;
}

static void check_undisturbed(struct objects_bed *bed, const struct objects_life *life)
{
	struct objects_run run = { .bed = bed };
	uint64_t before = commands_of(bed);

	life->live(&run);
	assert_int_equal(run.first, 0);
	assert_int_equal(commands_of(bed) - before, life->n_ops);
	assert_int_equal(objects_bed_counts(bed).objects, 0);
}

/* One life in which the n-th command fails; whether the HCA has nothing of it left. */
static bool live_with(struct objects_bed *bed, const struct objects_life *life, size_t n,
		      const struct failure *f)
{
	struct objects_run run = { .bed = bed };
	uint32_t before = objects_bed_counts(bed).objects;

	model_bed_control(bed->model, "inject a kind=%s after=%zu%s", f->kind, n,
			  f == &status ? " status=15" : "");
	life->live(&run);
	model_bed_control(bed->model, "inject a kind=none");
	check_error(life, n, f, &run);
	if (may_leave(f, &run))
		return false;
	assert_int_equal(objects_bed_counts(bed).objects, before);
	return true;
}

static void sweep(void **state, const struct failure *f)
{
	struct objects_bed *bed = *state;
	const struct objects_life *life;
	size_t i, n, lived = SIZE_MAX;
	bool open = false, clean = true;

	for (i = 0; i < objects_n_lives; i++) {
		life = &objects_lives[i];
		for (n = 0; n < life->n_ops; n++, lived++) {
			if (open && lived >= f->per_hca) {
				objects_bed_close(bed, clean);
				open = false;
			}
			if (!open) {
				objects_bed_open(bed, f->command_ms);
				check_undisturbed(bed, life);
				open = clean = true;
				lived = 0;
			}
			clean &= live_with(bed, life, n, f);
		}
	}
	objects_bed_close(bed, clean);
}

static void a_refused_command_leaves_nothing(void **state)
{
	sweep(state, &status);
}

static void a_command_without_an_answer_leaves_nothing(void **state)
{
	sweep(state, &timeout);
}

static void an_answer_that_makes_no_sense_is_not_believed(void **state)
{
	sweep(state, &garbage);
}

static void a_device_that_vanishes_ends_everything_at_once(void **state)
{
	sweep(state, &gone);
}

/* How many allocations a life asks for, the model's own included. */
static unsigned long allocations(struct objects_bed *bed, const struct objects_life *life)
{
	struct objects_run run = { .bed = bed };

	fail_alloc_arm(0, false);
	life->live(&run);
	return fail_alloc_disarm();
}

/* The model's fail, too: that is one more way for a command to go wrong. */
static void an_allocation_that_fails_leaves_nothing(void **state)
{
	struct objects_bed *bed = *state;
	unsigned long n, all;
	struct objects_run run;
	uint32_t before;
	bool clean = true;
	size_t i;

	objects_bed_open(bed, SLOW_MS);
	for (i = 0; i < objects_n_lives; i++) {
		all = allocations(bed, &objects_lives[i]);
		assert_true(all >= objects_lives[i].n_ops);
		for (n = 1; n <= all; n++) {
			run = (struct objects_run){ .bed = bed };
			before = objects_bed_counts(bed).objects;
			fail_alloc_arm(n, false);
			objects_lives[i].live(&run);
			fail_alloc_disarm();
			clean &= !run.left;
			assert_true(run.left || objects_bed_counts(bed).objects == before);
		}
	}
	assert_int_equal(hca_fatal(bed->hca), 0);
	objects_bed_close(bed, clean);
}

static void every_object_also_lives_on_a_virtual_function(void **state)
{
	struct objects_bed vf = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(model_bed_open(1, true, &vf.model), 0);
	objects_bed_open(&vf, SLOW_MS);
	for (i = 0; i < objects_n_lives; i++)
		check_undisturbed(&vf, &objects_lives[i]);
	objects_bed_close(&vf, true);
	model_bed_close(vf.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_object_also_lives_on_a_virtual_function),
		cmocka_unit_test(a_refused_command_leaves_nothing),
		cmocka_unit_test(a_command_without_an_answer_leaves_nothing),
		cmocka_unit_test(an_answer_that_makes_no_sense_is_not_believed),
		cmocka_unit_test(a_device_that_vanishes_ends_everything_at_once),
		cmocka_unit_test(an_allocation_that_fails_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
