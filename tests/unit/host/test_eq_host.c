// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of event queues, over the strict model. It must never know
 * what the events are about.
 */
#include "tests/unit/host/core_bed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host-backend/hca/eq.h"
#include "host-backend/hca/ifc/wqe.h"

#define PORT_EVENTS (1ull << EVENT_PORT_CHANGE)

struct bed {
	struct model_bed *model;
	struct hca *hca;
	int irq;			/* of vector 1 */
	bool down;
};

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	struct hca_config config = { .command_ms = 1000 };
	struct model_bed_counts c;
	void *model;

	if (model_bed_setup_pf(&model))
		return -1;
	b->model = model;
	b->hca = core_open(b->model, 0, &config);
	b->irq = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(hca_transport(b->hca)->ops->set_irq(hca_transport(b->hca), 1, b->irq), 0);
	core_until((model_bed_counts(b->model, 0, &c), c.active));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;
	void *model = b->model;
	int ret;

	if (b->hca)
		core_close(b->hca);
	close(b->irq);
	ret = model_bed_teardown(&model);
	free(b);
	return ret;
}

/* Something happens to the port: at least one event by the time it is over. */
static void happen(struct bed *b)
{
	struct model_bed_counts c;

	b->down = !b->down;
	model_bed_control(b->model, b->down ? "port a down" : "port a up");
	core_until((model_bed_counts(b->model, 0, &c), c.active == !b->down));
}

static bool irq_taken(struct bed *b)
{
	uint64_t count;

	return read(b->irq, &count, sizeof(count)) == sizeof(count);
}

static unsigned int take_all(struct hca_eq *eq)
{
	unsigned int n = 0;
	struct eqe eqe;

	for (; hca_eq_poll(eq, &eqe); n++)
		assert_int_equal(eqe.type, EVENT_PORT_CHANGE);
	return n;
}

static void an_armed_queue_interrupts_once_until_it_is_armed_again(void **state)
{
	struct bed *b = *state;
	struct hca_eq *eq;
	struct eqe eqe;

	assert_int_equal(hca_eq_create(b->hca, 1, HCA_EQ_MIN_LOG, PORT_EVENTS, &eq), 0);
	assert_false(hca_eq_poll(eq, &eqe));
	happen(b);			/* created armed */
	core_until(irq_taken(b));
	assert_true(take_all(eq) > 0);
	happen(b);
	core_until(hca_eq_poll(eq, &eqe));
	assert_false(irq_taken(b));
	take_all(eq);
	hca_eq_arm(eq);
	happen(b);
	core_until(irq_taken(b));
	/* Armed with something in it: at once. */
	hca_eq_arm(eq);
	core_until(irq_taken(b));
	assert_int_equal(hca_eq_destroy(eq), 0);
}

static void events_keep_coming_over_many_laps(void **state)
{
	struct bed *b = *state;
	unsigned int n = 0, i;
	struct hca_eq *eq;

	assert_int_equal(hca_eq_create(b->hca, 1, HCA_EQ_MIN_LOG, PORT_EVENTS, &eq), 0);
	for (i = 0; i < 200; i++) {
		happen(b);
		n += take_all(eq);
	}
	assert_true(n >= 200);
	assert_int_equal(hca_eq_destroy(eq), 0);
}

static void queues_of_every_size_are_accepted(void **state)
{
	struct bed *b = *state;
	struct hca_eq *eq;
	uint8_t log;

	for (log = HCA_EQ_MIN_LOG; log <= HCA_EQ_MAX_LOG; log++) {
		assert_int_equal(hca_eq_create(b->hca, 1, log, 0, &eq), 0);
		assert_int_equal(eq->buf.iova % (log < 15 ? 64u << log : 2u << 20), 0);
		assert_int_equal(hca_eq_destroy(eq), 0);
	}
	assert_int_equal(hca_eq_create(b->hca, 1, HCA_EQ_MIN_LOG - 1, 0, &eq), -EINVAL);
	assert_int_equal(hca_eq_create(b->hca, 1, HCA_EQ_MAX_LOG + 1, 0, &eq), -EINVAL);
	assert_int_equal(hca_eq_destroy(NULL), 0);
}

/* As a guest's: pages that do not follow each other, starting in the middle of the first. */
static void a_queue_in_given_pages_is_written_there(void **state)
{
	enum { PAGES = 3, LOG = 7, OFFSET = 2048 };
	struct bed *b = *state;
	struct hca_buf buf[2 * PAGES];
	uint64_t pas[PAGES];
	struct hca_eq_attr attr = {
		.vector = 1, .log_size = LOG, .uar = hca_own_uar(b->hca), .mask = PORT_EVENTS,
		.log_page = 12, .page_offset = OFFSET / 64, .pas = pas, .n_pas = PAGES,
	};
	struct eqe *e[1 << LOG];
	unsigned int i, at;
	uint32_t eqn;

	for (i = 0; i < 2 * PAGES; i++)
		assert_int_equal(hca_dma_alloc(hca_dma(b->hca), 4096, 4096, &buf[i]), 0);
	for (i = 0; i < PAGES; i++)
		pas[i] = buf[2 * PAGES - 1 - 2 * i].iova;
	for (i = 0; i < 1 << LOG; i++) {
		at = OFFSET + i * 64;
		e[i] = (struct eqe *)(buf[2 * PAGES - 1 - at / 4096 * 2].ptr + at % 4096);
		e[i]->owner = 1;
	}
	assert_int_equal(hca_eq_create_at(b->hca, &attr, &eqn), 0);
	for (i = 0; i < 1 << LOG; i++) {
		while (__atomic_load_n(&e[i]->owner, __ATOMIC_ACQUIRE))
			happen(b);
		assert_int_equal(e[i]->type, EVENT_PORT_CHANGE);
	}
	assert_int_equal(hca_eq_destroy_at(b->hca, eqn), 0);
	assert_int_equal(hca_eq_destroy_at(b->hca, eqn), -EREMOTEIO);
	for (i = 0; i < 2 * PAGES; i++)
		hca_dma_free(hca_dma(b->hca), &buf[i]);
}

static void what_cannot_be_a_queue_is_refused_before_any_command(void **state)
{
	struct bed *b = *state;
	uint64_t pas[1] = { 4096 };
	const struct hca_eq_attr good = {
		.vector = 1, .log_size = 6, .uar = hca_own_uar(b->hca), .log_page = 12,
		.pas = pas, .n_pas = 1,
	};
	struct hca_eq_attr bad[9];
	struct model_bed_counts before, after;
	unsigned int i;
	uint32_t eqn;

	for (i = 0; i < 9; i++)
		bad[i] = good;
	bad[0].log_size = 5;
	bad[1].log_size = 18;
	bad[2].log_size = 7;			/* more than the page holds */
	bad[3].page_offset = 1;			/* the same */
	bad[4].page_offset = 64;
	bad[5].log_page = 11;
	bad[6].log_page = 44;
	bad[7].n_pas = HCA_EQ_MAX_PAS + 1;
	bad[8].vector = 4096;
	model_bed_counts(b->model, 0, &before);
	for (i = 0; i < 9; i++)
		assert_int_equal(hca_eq_create_at(b->hca, &bad[i], &eqn), -EINVAL);
	model_bed_counts(b->model, 0, &after);
	assert_int_equal(after.commands, before.commands);
}

static uint64_t abandoned(struct bed *b)
{
	struct hca_dma_stats stats;

	hca_dma_stats(hca_dma(b->hca), &stats);
	return stats.abandoned;
}

static void memory_that_the_hca_may_still_write_is_not_used_again(void **state)
{
	struct bed *b = *state;
	struct hca_eq *eq;

	/* Refused for certain: the memory is ours. */
	model_bed_control(b->model, "inject a kind=status");
	assert_int_equal(hca_eq_create(b->hca, 1, 6, 0, &eq), -EREMOTEIO);
	assert_int_equal(abandoned(b), 0);
	/* Created, but where? */
	model_bed_control(b->model, "inject a kind=garbage");
	assert_int_equal(hca_eq_create(b->hca, 1, 6, 0, &eq), -EIO);
	assert_int_equal(abandoned(b), 1);
	model_bed_control(b->model, "inject a kind=timeout");
	assert_int_equal(hca_eq_create(b->hca, 1, 6, 0, &eq), -ETIMEDOUT);
	assert_int_equal(abandoned(b), 2);
	/* Not destroyed. */
	assert_int_equal(hca_eq_create(b->hca, 1, 6, 0, &eq), 0);
	model_bed_control(b->model, "inject a kind=status");
	assert_int_equal(hca_eq_destroy(eq), -EREMOTEIO);
	assert_int_equal(abandoned(b), 3);
	core_close(b->hca);
	b->hca = NULL;
	model_bed_wait_detached(b->model);
	model_bed_forgive(b->model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_armed_queue_interrupts_once_until_it_is_armed_again),
		TEST(events_keep_coming_over_many_laps),
		TEST(queues_of_every_size_are_accepted),
		TEST(a_queue_in_given_pages_is_written_there),
		TEST(what_cannot_be_a_queue_is_refused_before_any_command),
		TEST(memory_that_the_hca_may_still_write_is_not_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
