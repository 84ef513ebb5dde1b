// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the self-test: a good card passes as physical and as virtual
 * function under every policy and leaves nothing, a bad one is told exactly. It must never
 * know the model's insides.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/host/selftest_bed.h"

enum { STEPS = 19, TRAFFIC = 10, CYCLES = 5, SHORT_MS = 200 };

static const struct selftest_config brief = { .brief = true };

static void run_ok(struct model_bed *bed, const struct selftest_config *config)
{
	struct selftest_report report;
	unsigned int fds = selftest_bed_fds();

	selftest_run(model_bed_device(bed, 0), config, &report);
	selftest_bed_assert_ok(&report);
	model_bed_assert_clean(bed);
	selftest_bed_assert_fds(fds);
}

static void a_good_card_passes_every_step(void **state)
{
	struct selftest_report report;

	assert_int_equal(selftest_run(model_bed_device(*state, 0), NULL, &report), 0);
	selftest_bed_assert_ok(&report);
	if (getenv("VERBOSE"))
		selftest_bed_print(&report);
	assert_int_equal(report.n_steps, STEPS);
	assert_non_null(strstr(selftest_bed_step(&report, "port")->text, "ACTIVE"));
}

static void every_policy_passes(void **state)
{
	static const enum iommu_policy policies[] = {
		IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY, IOMMU_POLICY_GRANULE, IOMMU_POLICY_STATIC,
	};
	struct selftest_config config = { 0 };
	size_t i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		config.policy = policies[i];
		run_ok(*state, &config);
	}
	config.policy = IOMMU_POLICY_GRANULE;
	config.granule = 16384;
	run_ok(*state, &config);
}

static void one_run_after_another_passes_on_the_same_card(void **state)
{
	unsigned int i;

	for (i = 0; i < CYCLES; i++)
		run_ok(*state, &brief);
}

static void steps_are_told_as_they_end(void *ctx, const struct selftest_step *step)
{
	struct selftest_report *seen = ctx;

	seen->steps[seen->n_steps++] = *step;
}

static void each_step_is_told_once_in_order(void **state)
{
	struct selftest_report report, seen = { .n_steps = 0 };
	struct selftest_config config = { .brief = true, .told = steps_are_told_as_they_end,
					  .ctx = &seen };
	size_t i;

	assert_int_equal(selftest_run(model_bed_device(*state, 0), &config, &report), 0);
	assert_int_equal(seen.n_steps, report.n_steps);
	for (i = 0; i < seen.n_steps; i++)
		assert_string_equal(seen.steps[i].name, report.steps[i].name);
}

static void a_port_without_cable_is_said_and_the_rest_is_still_tested(void **state)
{
	struct selftest_config config = { .port_ms = SHORT_MS };
	struct selftest_report report;
	size_t i, skipped = 0;

	model_bed_control(*state, "port a down");
	assert_int_equal(selftest_run(model_bed_device(*state, 0), &config, &report), -ENETDOWN);
	selftest_bed_assert_failed(&report, "port", -ENETDOWN, "no link; connect");
	selftest_bed_assert_clear(&report);
	assert_int_equal(report.n_failed, 1);
	for (i = 0; i < report.n_steps; i++)
		skipped += report.steps[i].result == SELFTEST_SKIPPED;
	assert_int_equal(skipped, TRAFFIC);
	assert_int_equal(selftest_bed_step(&report, "objects")->result, SELFTEST_OK);
}

static void a_fabric_without_subnet_manager_is_said(void **state)
{
	struct selftest_config config = { .brief = true, .port_ms = SHORT_MS };
	struct selftest_report report;

	model_bed_control(*state, "sm off");
	model_bed_control(*state, "port a down");
	model_bed_control(*state, "port a up");
	selftest_run(model_bed_device(*state, 0), &config, &report);
	selftest_bed_assert_failed(&report, "port", -ENETDOWN, "subnet manager");
	assert_int_equal(report.n_failed, 1);
}

static void a_device_that_is_not_there_is_one_failed_step(void **state)
{
	struct selftest_report report;

	(void)state;
	assert_true(selftest_run("vfio-user:/nonexistent/socket", NULL, &report) < 0);
	assert_int_equal(report.n_steps, 1);
	selftest_bed_assert_clear(&report);
	assert_int_equal(selftest_run("nonsense", NULL, &report), -EINVAL);
	assert_int_equal(report.n_steps, 1);
	selftest_bed_assert_clear(&report);
}

static void a_card_whose_firmware_is_dead_is_said(void **state)
{
	struct selftest_config config = { .brief = true, .command_ms = 1000 };
	struct selftest_report report;

	/* In the middle of the traffic. */
	model_bed_control(*state, "inject a kind=gone after=80");
	assert_true(selftest_run(model_bed_device(*state, 0), &config, &report) < 0);
	selftest_bed_assert_clear(&report);
	model_bed_wait_detached(*state);
	model_bed_forgive(*state);
}

/* --- what a bad card could do, put between the self-test and a good one ------------------ */

struct saboteur {
	struct hca_transport_ops ops;		/* the transport's, with some replaced */
	const struct hca_transport_ops *real;
	unsigned int doorbells;			/* so many until it strikes */
	off_t at;				/* what it changes in guest memory */
};

static struct saboteur saboteur;

static int guest_file(void)
{
	char path[64], name[64];
	ssize_t n;
	int fd;

	for (fd = 3; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, name, sizeof(name) - 1);
		if (n < 0)
			continue;
		name[n] = 0;
		if (strstr(name, "memfd:selftest-guest"))
			return fd;
	}
	return -1;
}

static void flip_a_byte(struct hca_transport *t, uint64_t off, uint32_t first, uint32_t second)
{
	uint8_t byte;
	int fd = guest_file();

	if (fd >= 0 && saboteur.doorbells && !--saboteur.doorbells) {
		assert_int_equal(pread(fd, &byte, 1, saboteur.at), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, saboteur.at), 1);
	}
	saboteur.real->write64(t, off, first, second);
}

static int lose_interrupts(struct hca_transport *t, unsigned int vector, int fd)
{
	return saboteur.real->set_irq(t, vector, vector ? -1 : fd);
}

/* The report of a run with those operations instead of the transport's. */
static void run_sabotaged(struct model_bed *bed, const struct selftest_config *config,
			  struct selftest_report *report)
{
	struct hca_transport *t;

	assert_int_equal(hca_transport_open(model_bed_device(bed, 0), &t, NULL), 0);
	saboteur.real = t->ops;
	saboteur.ops.name = t->ops->name;
	saboteur.ops.config_read = t->ops->config_read;
	saboteur.ops.config_write = t->ops->config_write;
	saboteur.ops.read32 = t->ops->read32;
	saboteur.ops.write32 = t->ops->write32;
	saboteur.ops.read8 = t->ops->read8;
	saboteur.ops.reset = t->ops->reset;
	saboteur.ops.bar_fd = t->ops->bar_fd;
	saboteur.ops.files = t->ops->files;
	saboteur.ops.close = t->ops->close;
	if (!saboteur.ops.write64)
		saboteur.ops.write64 = t->ops->write64;
	if (!saboteur.ops.set_irq)
		saboteur.ops.set_irq = t->ops->set_irq;
	t->ops = &saboteur.ops;
	selftest_run_on(t, config, report);
	memset(&saboteur, 0, sizeof(saboteur));
}

static void one_flipped_bit_of_data_is_found(void **state)
{
	struct selftest_report report;

	saboteur.ops.write64 = flip_a_byte;
	saboteur.doorbells = 35;
	saboteur.at = 100 * 4096 + 1234;	/* in the middle of the near data */
	run_sabotaged(*state, NULL, &report);
	selftest_bed_assert_failed(&report, "RC send", -EILSEQ, "near memory, byte");
	assert_int_equal(report.n_failed, 1);
}

static void one_flipped_bit_of_memory_nobody_registered_is_found(void **state)
{
	struct selftest_report report;

	saboteur.ops.write64 = flip_a_byte;
	saboteur.doorbells = 5;
	saboteur.at = 17;
	run_sabotaged(*state, &brief, &report);
	selftest_bed_assert_failed(&report, "rest of memory", -EILSEQ, "0x100011");
	assert_int_equal(report.n_failed, 1);
}

static void interrupts_that_do_not_arrive_are_told_from_lost_messages(void **state)
{
	struct selftest_config config = { .brief = true, .completion_ms = SHORT_MS };
	struct selftest_report report;

	saboteur.ops.set_irq = lose_interrupts;
	run_sabotaged(*state, &config, &report);
	selftest_bed_assert_failed(&report, "events", -ETIMEDOUT, "interrupts of vector 1");
}

#define on_pf(f) cmocka_unit_test_setup_teardown(f, model_bed_setup_pf, model_bed_teardown)
#define on_vf(f) { #f " (virtual function)", f, model_bed_setup_vf, model_bed_teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_pf(a_good_card_passes_every_step),
		on_vf(a_good_card_passes_every_step),
		on_pf(every_policy_passes),
		on_vf(every_policy_passes),
		on_pf(one_run_after_another_passes_on_the_same_card),
		on_pf(each_step_is_told_once_in_order),
		on_pf(a_port_without_cable_is_said_and_the_rest_is_still_tested),
		on_pf(a_fabric_without_subnet_manager_is_said),
		cmocka_unit_test(a_device_that_is_not_there_is_one_failed_step),
		on_pf(a_card_whose_firmware_is_dead_is_said),
		on_pf(one_flipped_bit_of_data_is_found),
		on_pf(one_flipped_bit_of_memory_nobody_registered_is_found),
		on_pf(interrupts_that_do_not_arrive_are_told_from_lost_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
