// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about what a refusal tells a person. Must never know why
 * something is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iommu/refusal.h"

#define N_REASONS	(IOMMU_NOT_CONFIRMED + 1)

static void every_reason_has_one_line_of_its_own(void **state)
{
	char texts[N_REASONS][256];

	(void)state;
	for (int i = 0; i < N_REASONS; i++) {
		struct iommu_refusal refusal;

		iommu_refuse(&refusal, (enum iommu_reason)i, 3, 2);
		iommu_refusal_text(&refusal, texts[i], sizeof(texts[i]));
		assert_true(strlen(texts[i]) > 5 && strlen(texts[i]) < 255);
		assert_null(strchr(texts[i], '\n'));
		assert_null(strstr(texts[i], "unknown reason"));
		for (int other = 0; other < i; other++)
			assert_string_not_equal(texts[i], texts[other]);
	}
}

static void every_reason_but_ok_is_an_error(void **state)
{
	(void)state;
	for (int i = 0; i < N_REASONS; i++) {
		struct iommu_refusal refusal;
		int ret = iommu_refuse(&refusal, (enum iommu_reason)i, 0, 0);

		assert_int_equal(ret, refusal.err);
		assert_true(i == IOMMU_OK ? ret == 0 : ret < 0);
	}
}

static void the_text_names_address_and_numbers(void **state)
{
	struct iommu_refusal refusal;
	char text[256];

	(void)state;
	iommu_refuse_at(&refusal, IOMMU_NOT_RAM, 0xfee00000);
	iommu_refusal_text(&refusal, text, sizeof(text));
	assert_non_null(strstr(text, "0xfee00000"));
	iommu_refuse(&refusal, IOMMU_OWNER_BYTES, 12345, 678);
	iommu_refusal_text(&refusal, text, sizeof(text));
	assert_non_null(strstr(text, "12345 bytes"));
	assert_non_null(strstr(text, "678"));
	iommu_refuse_map(&refusal, -ENOMEM, 98765);
	iommu_refusal_text(&refusal, text, sizeof(text));
	assert_non_null(strstr(text, "98765 bytes"));
	assert_non_null(strstr(text, "locked memory"));
	iommu_refuse_map(&refusal, -EIO, 98765);
	iommu_refusal_text(&refusal, text, sizeof(text));
	assert_non_null(strstr(text, strerror(EIO)));
	assert_null(strstr(text, "locked memory"));
}

static void a_short_buffer_is_ended_and_not_exceeded(void **state)
{
	struct iommu_refusal refusal;
	char text[16];

	(void)state;
	memset(text, 'x', sizeof(text));
	iommu_refuse(&refusal, IOMMU_TOO_MANY_MAPS, 1, 0);
	iommu_refusal_text(&refusal, text, 8);
	assert_int_equal(strlen(text), 7);
	assert_int_equal(text[8], 'x');
	iommu_refusal_text(&refusal, text, 0);
	assert_int_equal(strlen(text), 7);
}

static void a_reason_that_there_is_not_is_survived(void **state)
{
	struct iommu_refusal refusal = { .reason = (enum iommu_reason)99 };
	char text[64];

	(void)state;
	iommu_refusal_text(&refusal, text, sizeof(text));
	assert_string_equal(text, "unknown reason 99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_one_line_of_its_own),
		cmocka_unit_test(every_reason_but_ok_is_an_error),
		cmocka_unit_test(the_text_names_address_and_numbers),
		cmocka_unit_test(a_short_buffer_is_ended_and_not_exceeded),
		cmocka_unit_test(a_reason_that_there_is_not_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
