// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of packets and timers: PSNs wrap, payload is copied in
 * whole and in part, the timer codes are those of the IBA tables. It must
 * never need an HCA.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/hca-model/transport/packet.h"
#include "tests/hca-model/transport/retry.h"

static void psns_compare_across_the_wrap(void **state)
{
	(void)state;
	assert_int_equal(psn_diff(5, 5), 0);
	assert_int_equal(psn_diff(6, 5), 1);
	assert_int_equal(psn_diff(0, 0xffffff), 1);
	assert_int_equal(psn_diff(0xffffff, 0), -1);
	assert_int_equal(psn_diff(0x7fffff, 0), 0x7fffff);
	assert_true(psn_diff(0x800000, 0) < 0);
	/* sums that left the 24 bits behind */
	assert_int_equal(psn_diff(0x1000003, 2), 1);
}

static void payload_is_copied_from_any_place(void **state)
{
	static const char all[] = "abcdefgh";
	char a[] = "abc", b[] = "defgh", out[9];
	struct packet p = {
		.len = 8,
		.n_sg = 2,
		.sg = { { a, 3 }, { b, 5 } },
	};

	(void)state;
	for (uint32_t off = 0; off < 8; off++)
		for (uint32_t len = 0; len <= 8 - off; len++) {
			memset(out, '.', sizeof(out));
			packet_copy_out(&p, off, out, len);
			assert_memory_equal(out, &all[off], len);
			assert_int_equal(out[len], '.');
		}
}

static void a_copy_owns_its_payload(void **state)
{
	char a[] = "abc", b[] = "defgh";
	struct packet p = {
		.psn = 77,
		.len = 8,
		.n_sg = 2,
		.sg = { { a, 3 }, { b, 5 } },
	};
	struct packet *copy = packet_dup(&p);

	(void)state;
	assert_non_null(copy);
	memset(a, 0, 3);
	memset(b, 0, 5);
	assert_int_equal(copy->psn, 77);
	assert_int_equal(copy->n_sg, 1);
	assert_memory_equal(copy->sg[0].iov_base, "abcdefgh", 8);
	free(copy);
	p.len = p.n_sg = 0;
	copy = packet_dup(&p);
	assert_non_null(copy);
	assert_int_equal(copy->n_sg, 0);
	free(copy);
}

static void timer_codes_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_int_equal(retry_rnr_us(0), 655360);
	assert_int_equal(retry_rnr_us(1), 10);
	assert_int_equal(retry_rnr_us(12), 640);
	assert_int_equal(retry_rnr_us(31), 491520);
	for (unsigned int code = 2; code < 32; code++)
		assert_true(retry_rnr_us(code) > retry_rnr_us(code - 1));
	assert_int_equal(retry_timeout_us(0), 0);
	assert_int_equal(retry_timeout_us(1), 8);
	assert_int_equal(retry_timeout_us(14), 67108);
	assert_int_equal(retry_timeout_us(31), 8796093022ull);
}

static void every_opcode_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(packet_opcode_name(bth(BTH_RC, OP_SEND_FIRST)), "SEND_FIRST");
	assert_string_equal(packet_opcode_name(bth(BTH_XRC, OP_SEND_ONLY_INV)), "SEND_ONLY_INV");
	assert_string_equal(packet_opcode_name(0x1f), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psns_compare_across_the_wrap),
		cmocka_unit_test(payload_is_copied_from_any_place),
		cmocka_unit_test(a_copy_owns_its_payload),
		cmocka_unit_test(timer_codes_are_those_of_the_tables),
		cmocka_unit_test(every_opcode_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
