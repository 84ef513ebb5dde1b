// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of underpassctl over a real transport, to strict models
 * served by vfio-user: probe, selftest, and that nothing is left behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ctl/ctl_bed.h"
#include "tests/unit/host/model_bed.h"

/* This machine's world, and what a command printed in it. */
struct run {
	char *out, *err;
	int status;
};

static struct run run(const char *command, const char *device, const char *option)
{
	char *argv[] = { (char[]){ "underpassctl" }, strdup(command), strdup("--device"),
			 strdup(device), strdup(option), NULL };
	struct ctl_world world;
	size_t out_size, err_size;
	struct run run;
	int i;

	ctl_world_init(&world);
	world.out = open_memstream(&run.out, &out_size);
	world.err = open_memstream(&run.err, &err_size);
	assert_true(world.out && world.err);
	run.status = ctl_main(&world, option[0] ? 5 : 4, argv);
	fclose(world.out);
	fclose(world.err);
	for (i = 1; i < 5; i++)
		free(argv[i]);
	return run;
}

static void end(struct run *run)
{
	free(run->out);
	free(run->err);
}

static void a_probe_reads_and_leaves_no_trace(void **state)
{
	struct model_bed *bed = *state;
	struct model_bed_counts counts;
	struct run r = run("probe", model_bed_device(bed, 0), "");

	assert_int_equal(r.status, CTL_OK);
	ctl_bed_assert_in(r.out, "  ConnectX-4 (15b3:1013 rev 00)\n  firmware       12.28.2006\n");
	ctl_bed_assert_in(r.out, "verdict        can be assigned\n");
	end(&r);
	model_bed_counts(bed, 0, &counts);
	assert_int_equal(counts.commands, 0);
	assert_int_equal(counts.dma_ranges, 0);
	assert_false(counts.bus_master);
}

static void a_probe_tells_a_virtual_function(void **state)
{
	struct run r = run("probe", model_bed_device(*state, 0), "");

	assert_int_equal(r.status, CTL_OK);
	ctl_bed_assert_in(r.out, "  ConnectX-4 VF (15b3:1014 rev 00)\n");
	end(&r);
}

static void a_probe_of_an_hca_that_another_client_has_is_5(void **state)
{
	const char *device = model_bed_device(*state, 0);
	struct hca_transport *t;
	struct run r;

	assert_int_equal(hca_transport_open(device, &t, NULL), 0);
	r = run("probe", device, "");
	assert_int_equal(r.status, CTL_IN_USE);
	ctl_bed_assert_in(r.out, "another client has the HCA");
	end(&r);
	t->domain->ops->destroy(t->domain);
	t->ops->close(t);
}

static void a_probe_of_a_model_that_died_is_3(void **state)
{
	struct model_bed *bed = *state;
	struct run r;

	model_bed_kill(bed);
	r = run("probe", model_bed_device(bed, 0), "");
	assert_int_equal(r.status, CTL_NO_HCA);
	ctl_bed_assert_in(r.err, "nobody serves an HCA there\n");
	end(&r);
}

static void a_selftest_passes_and_leaves_nothing(void **state)
{
	struct run r = run("selftest", model_bed_device(*state, 0), "--cycles=2");

	assert_int_equal(r.status, CTL_OK);
	ctl_bed_assert_in(r.out, "ok       RC write ");
	ctl_bed_assert_in(r.out, "cycle 2 of 2: ");
	ctl_bed_assert_not_in(r.out, "FAILED");
	assert_string_equal(r.err, "");
	end(&r);
}

static void a_selftest_names_the_command_that_failed(void **state)
{
	struct model_bed *bed = *state;
	struct run r;

	model_bed_control(bed, "inject a kind=status after=12 status=5");
	r = run("selftest", model_bed_device(bed, 0), "--json");
	assert_int_equal(r.status, CTL_FAILED);
	ctl_bed_assert_in(r.out, "\"result\": \"failed\"");
	ctl_bed_assert_in(r.out, "(status 0x5, syndrome 0x");
	end(&r);
}

#define PF(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_pf, model_bed_teardown)
#define VF(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_vf, model_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PF(a_probe_reads_and_leaves_no_trace),
		VF(a_probe_tells_a_virtual_function),
		PF(a_probe_of_an_hca_that_another_client_has_is_5),
		PF(a_probe_of_a_model_that_died_is_3),
		PF(a_selftest_passes_and_leaves_nothing),
		VF(a_selftest_passes_and_leaves_nothing),
		PF(a_selftest_names_the_command_that_failed),
	};

	return cmocka_run_group_tests_name("underpassctl on the model", tests, NULL, NULL);
}
