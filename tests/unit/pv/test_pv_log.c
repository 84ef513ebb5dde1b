// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the lines that a guest can cause. It must never know
 * what they say.
 */
#include "host-backend/pv/private.h"
#include "tests/unit/pv/guest_bed.h"

enum { MANY = 1000, BOUND = 3 * (PV_LOG_LINES + 1) };

static unsigned int lines(struct guest_bed *bed)
{
	return __atomic_load_n(&bed->log_lines, __ATOMIC_RELAXED);
}

static void flood(struct guest_bed *bed, enum pv_log_level level)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		pv_log(bed->pv, level, "line %u", i);
}

static void many_lines_become_few(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int before = lines(bed);

	flood(bed, PV_LOG_WARNING);
	assert_true(lines(bed) > before);
	assert_true(lines(bed) - before <= BOUND);
}

/* What a guest can cause at will must not hide what it should not be able to. */
static void warnings_do_not_drown_errors(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int before;

	flood(bed, PV_LOG_NOTE);
	flood(bed, PV_LOG_WARNING);
	before = lines(bed);
	pv_log(bed->pv, PV_LOG_ERROR, "an error");
	assert_true(lines(bed) > before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(many_lines_become_few),
		in_guest(warnings_do_not_drown_errors),
	};

	return cmocka_run_group_tests_name("log", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
