// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about a host that runs out of memory: whichever allocation
 * fails, a command is refused, a device does not come to be, and nothing is left
 * behind. It must never know who allocates. (The model's allocations fail, too:
 * one more way for the HCA to go wrong.)
 */
#include <string.h>

#include "host-backend/pv/private.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/host/selftest_bed.h"
#include "tests/unit/pv/guest_world.h"

/* In this thread, so that nothing else allocates. */
static enum up_result run(struct guest_bed *bed, uint32_t opcode, const uint8_t *in, uint32_t len,
			  uint8_t *out, unsigned long fail, unsigned long *asked)
{
	struct pv_command cmd = {
		.life = pv_memory_life(bed->pv), .opcode = opcode, .length = len,
	};

	memcpy(cmd.in, in, sizeof(cmd.in));
	fail_alloc_arm(fail, false);
	pv_command_run(bed->pv, &cmd);
	*asked = fail_alloc_disarm();
	memcpy(out, cmd.out, sizeof(cmd.out));
	return cmd.result;
}

static void sweep_command(struct guest_bed *bed, uint32_t opcode)
{
	uint8_t in[UP_SLOT_DATA], out[UP_SLOT_DATA];
	struct guest_world w;
	unsigned long n, asked;
	enum up_result result;
	uint32_t len;

	guest_bed_start(bed);
	guest_world_open(bed, &w);
	for (n = 1; ; n++) {
		len = guest_world_command(&w, opcode, in);
		result = run(bed, opcode, in, len, out, n, &asked);
		if (!result)
			guest_world_undo(&w, opcode, in, out);
		else
			assert_true(result == UP_NO_RESOURCES || result >= UP_HCA_REFUSED);
		if (asked < n)
			break;
	}
	assert_int_equal(result, UP_OK);
	guest_bed_stop(bed);
	guest_world_forget(&w);
	model_bed_forgive(bed->model);
	guest_bed_assert_empty(bed);
}

static void a_command_that_finds_no_memory_is_refused(void **state)
{
	size_t i;

	for (i = 0; guest_world_opcodes[i]; i++)
		sweep_command(*state, guest_world_opcodes[i]);
	guest_bed_start(*state);
}

static int create(struct guest_bed *bed, unsigned long fail, struct pv **pv, unsigned long *asked)
{
	const struct pv_config config = { .limits.uars = 2, .n_vectors = GUEST_VECTORS };
	struct hca_transport *transport;
	struct hca_open_error error;
	int ret;

	assert_int_equal(hca_transport_open(model_bed_device(bed->model, 0), &transport, &error), 0);
	fail_alloc_arm(fail, false);
	ret = pv_create(transport, &config, pv, &error);
	*asked = fail_alloc_disarm();
	return ret;
}

static void a_device_that_finds_no_memory_does_not_come_to_be(void **state)
{
	struct guest_bed *bed = *state;
	unsigned long n, asked;
	unsigned int fds;
	struct pv *pv;

	guest_bed_close(bed, true);
	fds = selftest_bed_fds();
	for (n = 1; ; n++) {
		if (!create(bed, n, &pv, &asked))
			pv_destroy(pv, NULL);
		model_bed_wait_detached(bed->model);
		assert_int_equal(selftest_bed_fds(), fds);
		if (asked < n)
			break;
	}
	model_bed_forgive(bed->model);
	guest_bed_open(bed, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(a_command_that_finds_no_memory_is_refused),
		in_guest(a_device_that_finds_no_memory_does_not_come_to_be),
	};

	return cmocka_run_group_tests_name("out of memory", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
