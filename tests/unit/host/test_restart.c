// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of a restart: whatever state the HCA is in, afterwards it
 * takes verbs and has nothing of before; what others mapped stays. It must
 * never know the model's insides.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/pd.h"
#include "tests/unit/host/model_bed.h"
#include "tests/unit/host/objects_bed.h"

enum { WAIT_MS = 5000 };

static void restart_ok(struct objects_bed *bed)
{
	struct hca_open_error error = { "" };

	if (hca_restart(bed->hca, &error))
		fail_msg("%s", error.text);
	assert_int_equal(hca_fatal(bed->hca), 0);
	assert_int_equal(hca_eq_create(bed->hca, 1, OBJECTS_EQ_LOG, 0, &bed->eq), 0);
}

static void wait_fatal(struct objects_bed *bed)
{
	unsigned int ms;

	for (ms = 0; !hca_fatal(bed->hca) && ms < WAIT_MS; ms++)
		hca_sleep_us(1000);
	assert_int_not_equal(hca_fatal(bed->hca), 0);
}

static void a_healthy_one_comes_back_without_objects(void **state)
{
	struct objects_bed *bed = *state;
	uint32_t pd;

	assert_int_equal(hca_pd_alloc(bed->hca, &pd), 0);
	hca_eq_destroy(bed->eq);
	restart_ok(bed);
	assert_int_equal(objects_bed_counts(bed).objects, 0);
	model_bed_forgive(bed->model);
	assert_int_equal(hca_pd_alloc(bed->hca, &pd), 0);
	assert_int_equal(hca_pd_dealloc(bed->hca, pd), 0);
}

static void a_dead_one_lives_again_and_again(void **state)
{
	struct objects_bed *bed = *state;
	unsigned int i;
	uint32_t pd;

	for (i = 0; i < 3; i++) {
		assert_int_equal(hca_pd_alloc(bed->hca, &pd), 0);
		model_bed_control(bed->model, "fatal a");
		wait_fatal(bed);
		assert_int_equal(hca_pd_dealloc(bed->hca, pd), -ENODEV);
		hca_eq_destroy(bed->eq);
		restart_ok(bed);
	}
	model_bed_forgive(bed->model);
	assert_int_equal(objects_bed_counts(bed).objects, 0);
}

static void what_others_mapped_is_still_there(void **state)
{
	struct objects_bed *bed = *state;
	int fd = memfd_create("others", MFD_CLOEXEC);
	const struct ioas_segment segment = { .backing = { .fd = fd }, .size = OBJECTS_PAGE };
	struct iova_block *block;
	char text[8] = "";

	assert_int_equal(ftruncate(fd, OBJECTS_PAGE), 0);
	assert_int_equal(write(fd, "thyme", 5), 5);
	assert_int_equal(ioas_take(hca_ioas(bed->hca), OBJECTS_PAGE, 0, &block), 0);
	assert_int_equal(ioas_map(hca_ioas(bed->hca), block, &segment, 1, IOMMU_READ), 0);
	hca_eq_destroy(bed->eq);
	restart_ok(bed);
	assert_int_equal(model_bed_dma_read(bed->model, 0, block->iova, text, 5), 0);
	assert_string_equal(text, "thyme");
	assert_int_equal(ioas_unmap(hca_ioas(bed->hca), block, 1), 0);
	ioas_give(hca_ioas(bed->hca), block);
	close(fd);
}

static void one_that_does_not_come_back_is_dead_and_can_be_tried_again(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_open_error error = { "" };
	struct hca_cmd_stats stats;
	uint32_t pd;

	hca_eq_destroy(bed->eq);
	model_bed_control(bed->model, "inject a kind=status after=20 status=4");
	assert_int_equal(hca_restart(bed->hca, &error), -EREMOTEIO);
	assert_string_not_equal(error.text, "");
	assert_int_not_equal(hca_fatal(bed->hca), 0);
	assert_int_equal(hca_pd_alloc(bed->hca, &pd), -ENODEV);
	assert_int_equal(hca_pages_lent(bed->hca), 0);
	hca_cmd_stats(bed->hca, &stats);
	assert_int_equal(stats.in_flight, 0);
	model_bed_forgive(bed->model);
	restart_ok(bed);
	assert_int_equal(hca_pd_alloc(bed->hca, &pd), 0);
	assert_int_equal(hca_pd_dealloc(bed->hca, pd), 0);
}

static void one_that_does_not_come_back_can_be_closed(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_close_report report;

	hca_eq_destroy(bed->eq);
	model_bed_control(bed->model, "inject a kind=status after=20 status=4");
	assert_int_equal(hca_restart(bed->hca, NULL), -EREMOTEIO);
	hca_close(bed->hca, &report);
	assert_int_equal(report.maps_left, 0);
	model_bed_wait_detached(bed->model);
	model_bed_forgive(bed->model);
	objects_bed_open(bed, 0);
}

#define in_bed(f) cmocka_unit_test_setup_teardown(f, objects_bed_setup, objects_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_bed(a_healthy_one_comes_back_without_objects),
		in_bed(a_dead_one_lives_again_and_again),
		in_bed(what_others_mapped_is_still_there),
		in_bed(one_that_does_not_come_back_is_dead_and_can_be_tried_again),
		in_bed(one_that_does_not_come_back_can_be_closed),
	};

	return cmocka_run_group_tests_name("HCA restart", tests, objects_bed_group_setup,
					   objects_bed_group_teardown);
}
