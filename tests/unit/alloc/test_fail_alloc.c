// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that the allocation meant to fail fails, and no other. Must
 * never know what the sweeps sweep.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "tests/unit/alloc/fail_alloc.h"

/* Every allocator in turn. Return: bit i is set when the i-th gave something. */
static unsigned int allocate(void)
{
	void *got[9] = { NULL };
	char *text = NULL;
	unsigned int bits = 0;

	got[0] = malloc(1);
	got[1] = calloc(1, 1);
	got[2] = realloc(NULL, 1);
	got[3] = reallocarray(NULL, 1, 1);
	got[4] = aligned_alloc(64, 64);
	if (posix_memalign(&got[5], 64, 64))
		got[5] = NULL;
	got[6] = strdup("text");
	if (asprintf(&text, "%d", 1) >= 0)
		got[7] = text;
	got[8] = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (got[8] != MAP_FAILED) {
		munmap(got[8], 4096);
		bits |= 1u << 8;
	}
	for (unsigned int i = 0; i < 8; i++) {
		bits |= (got[i] != NULL) << i;
		free(got[i]);
	}
	return bits;
}

static void the_nth_allocation_fails_and_no_other(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 9; n++) {
		fail_alloc_arm(n, false);
		assert_int_equal(allocate(), 0x1ff & ~(1u << (n - 1)));
		assert_int_equal(fail_alloc_disarm(), 9);
		assert_int_equal(errno, ENOMEM);
	}
}

static void with_after_all_later_ones_fail_too(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 9; n++) {
		fail_alloc_arm(n, true);
		assert_int_equal(allocate(), (1u << (n - 1)) - 1);
		assert_int_equal(fail_alloc_disarm(), 9);
	}
}

static void disarmed_none_fails_and_none_is_counted(void **state)
{
	(void)state;
	fail_alloc_arm(0, false);
	assert_int_equal(allocate(), 0x1ff);
	assert_int_equal(fail_alloc_disarm(), 9);
	assert_int_equal(allocate(), 0x1ff);
	assert_int_equal(fail_alloc_disarm(), 9);
}

static void paused_none_fails_and_none_is_counted(void **state)
{
	(void)state;
	fail_alloc_arm(1, true);
	fail_alloc_pause();
	assert_int_equal(allocate(), 0x1ff);
	fail_alloc_resume();
	assert_int_equal(allocate(), 0);
	assert_int_equal(fail_alloc_disarm(), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_allocation_fails_and_no_other),
		cmocka_unit_test(with_after_all_later_ones_fail_too),
		cmocka_unit_test(disarmed_none_fails_and_none_is_counted),
		cmocka_unit_test(paused_none_fails_and_none_is_counted),
	};

	return cmocka_run_group_tests_name("allocations that fail", tests, NULL, NULL);
}
