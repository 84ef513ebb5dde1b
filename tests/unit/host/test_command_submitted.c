// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of commands that nobody waits for, and of the words for those
 * that failed. It must never know what a command does.
 */
#include "tests/unit/host/cmdq_bed.h"

#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/opcodes.h"

/* --- submitted commands -------------------------------------------------------------- */

struct ending {
	unsigned int n;
	struct hca_cmd_error error;
};

static void ended(void *ctx, const struct hca_cmd_error *error)
{
	struct ending *e = ctx;

	e->n++;
	e->error = *error;
}

static void a_submitted_command_reports_its_end_once(void **state)
{
	struct cmdq_bed *b = *state;
	struct ending e = { 0 };
	uint8_t in[16] = { 0x08, 0x00 }, out[16] = { 0 };

	cmdq_bed_open(b, CMDQ_LIMIT_MS);
	assert_int_equal(hca_cmdq_tick(b->q), -1);
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	assert_int_equal(b->p.rung, 1);
	assert_true(hca_cmdq_tick(b->q) > 0);
	hca_cmdq_event(b->q, 1);
	assert_int_equal(e.n, 0);
	paper_answer(&b->p, 0, &(struct paper_reply){ .data = "word", .len = 5 });
	hca_cmdq_event(b->q, 1);
	hca_cmdq_event(b->q, 1);
	assert_int_equal(hca_cmdq_tick(b->q), -1);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.error.err, 0);
	assert_int_equal(e.error.opcode, 0x800);
	assert_string_equal((char *)out + 8, "word");
	/* Where the event is lost the next tick finds the answer. */
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	paper_answer(&b->p, 0, &(struct paper_reply){ .status = 4 });
	assert_int_equal(hca_cmdq_tick(b->q), -1);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.error.err, -EREMOTEIO);
}

static void a_submitted_command_that_nobody_answers_ends_in_time(void **state)
{
	struct cmdq_bed *b = *state;
	struct ending e = { 0 };
	uint8_t in[16] = { 0x01, 0x08 }, out[16] = { 0 };
	uint64_t start = hca_now_ms();
	int ms;

	cmdq_bed_open(b, CMDQ_SHORT_MS);
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	while ((ms = hca_cmdq_tick(b->q)) >= 0 && hca_now_ms() < start + 5000)
		hca_sleep_us((unsigned int)ms * 1000);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.error.err, -ETIMEDOUT);
	/* No slot for another of its kind, and no waiting for one. */
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), -EBUSY);
	paper_answer(&b->p, PAPER_SLOT_PAGES, &(struct paper_reply){ .data = "late", .len = 5 });
	hca_cmdq_event(b->q, 1u << PAPER_SLOT_PAGES);
	assert_int_equal(e.n, 1);
	assert_int_equal(out[8], 0);
	assert_int_equal(cmdq_bed_stats(b).late, 1);
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	/* The device dies. */
	hca_cmdq_abort(b->q);
	hca_cmdq_tick(b->q);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.error.err, -ENODEV);
}

/* --- words --------------------------------------------------------------------------- */

static void an_error_says_which_command_and_why(void **state)
{
	static const struct {
		struct hca_cmd_error error;
		const char *text;
	} rows[] = {
		{ { .opcode = 0x200, .err = -EREMOTEIO, .status = 3, .syndrome = 0x1234 },
		  "CREATE_MKEY: bad parameter (status 0x3, syndrome 0x1234)" },
		{ { .opcode = 0x200, .err = -EREMOTEIO, .status = 0xa5 },
		  "CREATE_MKEY: unknown status (status 0xa5, syndrome 0x0)" },
		{ { .opcode = 0x104, .err = -EIO, .delivery = 2 },
		  "ENABLE_HCA: not delivered: token error (delivery status 0x2)" },
		{ { .opcode = 0x104, .err = -EIO }, "ENABLE_HCA: the answer makes no sense" },
		{ { .opcode = 0x104, .err = -ETIMEDOUT },
		  "ENABLE_HCA: no answer within the time limit" },
		{ { .opcode = 0x104, .err = -ENODEV }, "ENABLE_HCA: the device is gone or dead" },
		{ { .opcode = 0xfff, .err = -ENOMEM }, "0xfff: not sent: Cannot allocate memory" },
		{ { .opcode = 0x104 }, "ENABLE_HCA: no error" },
	};
	char text[128];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hca_cmd_error_text(&rows[i].error, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, cmdq_bed_setup, cmdq_bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_submitted_command_reports_its_end_once),
		TEST(a_submitted_command_that_nobody_answers_ends_in_time),
		cmocka_unit_test(an_error_says_which_command_and_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
