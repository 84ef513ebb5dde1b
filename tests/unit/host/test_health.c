// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of how the death of an HCA is noticed, told and survived, over
 * the strict model and over an HCA on paper. It must never know how either works.
 */
#include "tests/unit/host/core_bed.h"

#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/health.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/pd.h"

enum { HEALTH_MS = 100 };

/* The dead HCA's end: an error that says so, and nothing left. */
static void close_dead(struct hca *hca, uint32_t syndrome)
{
	struct hca_close_report report;

	hca_close(hca, &report);
	assert_int_equal(report.err, -ENODEV);
	assert_non_null(strstr(report.step, "the HCA was dead"));
	assert_non_null(strstr(report.step, hca_fatal_text(syndrome)));
	assert_int_equal(report.maps_left, 0);
}

static void assert_dead(struct hca *hca, struct core_events *events, uint32_t syndrome)
{
	uint64_t start;
	uint32_t pd;

	assert_int_equal(core_events_wait(events, HCA_EVENT_FATAL, 1).syndrome, syndrome);
	assert_int_equal(hca_fatal(hca), syndrome);
	start = hca_now_ms();
	assert_int_equal(hca_pd_alloc(hca, &pd), -ENODEV);
	assert_true(hca_now_ms() - start < 1000);
	hca_sleep_us(3 * HEALTH_MS * 1000);
	assert_int_equal(core_events_count(events, HCA_EVENT_FATAL), 1);
}

/* --- on the model ------------------------------------------------------------------ */

struct bed {
	struct model_bed *model;
	struct core_events events;
	struct hca *hca;
};

static void open_on_model(struct bed *b, struct model_bed *model)
{
	struct hca_config config = {
		.health_ms = HEALTH_MS, .event = core_events_take, .ctx = &b->events,
	};

	b->model = model;
	core_events_init(&b->events);
	b->hca = core_open(model, 0, &config);
}

static void a_healthy_hca_stays_alive(void **state)
{
	struct bed b;

	open_on_model(&b, *state);
	hca_sleep_us(10 * HEALTH_MS * 1000);
	assert_int_equal(hca_fatal(b.hca), 0);
	core_close(b.hca);
}

static void a_firmware_error_is_told_once_and_ends_everything(void **state)
{
	struct bed b;

	open_on_model(&b, *state);
	model_bed_control(b.model, "fatal a");
	assert_dead(b.hca, &b.events, 1);
	close_dead(b.hca, 1);
	model_bed_wait_detached(b.model);
	model_bed_forgive(b.model);
	/* A reset has healed it. */
	core_close(core_open(b.model, 0, NULL));
}

static void a_device_that_goes_in_the_middle_of_a_command(void **state)
{
	struct bed b;
	uint64_t start = hca_now_ms();
	uint32_t pd;

	open_on_model(&b, *state);
	model_bed_control(b.model, "inject a kind=gone");
	assert_int_equal(hca_pd_alloc(b.hca, &pd), -ENODEV);
	assert_int_equal(hca_cmd_last_error(b.hca)->err, -ENODEV);
	assert_true(hca_now_ms() - start < 5000);
	assert_dead(b.hca, &b.events, HCA_SYNDROME_GONE);
	close_dead(b.hca, HCA_SYNDROME_GONE);
	model_bed_wait_detached(b.model);
	model_bed_forgive(b.model);
	core_close(core_open(b.model, 0, NULL));
}

static void somebody_elses_reset_is_noticed(void **state)
{
	struct bed b;
	struct hca_transport *t;

	open_on_model(&b, *state);
	t = hca_transport(b.hca);
	assert_int_equal(t->ops->reset(t), 0);
	assert_dead(b.hca, &b.events, HCA_SYNDROME_DISABLED);
	close_dead(b.hca, HCA_SYNDROME_DISABLED);
	model_bed_wait_detached(b.model);
	model_bed_forgive(b.model);
}

static void a_server_that_dies_hangs_nobody(void **state)
{
	uint64_t start = hca_now_ms();
	struct hca_close_report report;
	struct bed b;
	uint32_t pd;

	open_on_model(&b, *state);
	model_bed_kill(b.model);
	assert_int_equal(hca_pd_alloc(b.hca, &pd), -ENODEV);
	assert_int_equal(core_events_wait(&b.events, HCA_EVENT_FATAL, 1).syndrome,
			 HCA_SYNDROME_GONE);
	hca_close(b.hca, &report);
	assert_int_equal(report.err, -ENODEV);
	assert_true(hca_now_ms() - start < 10000);
}

/* --- on paper ---------------------------------------------------------------------- */

static void every_sign_is_looked_at(void **state)
{
	static const struct {
		uint8_t synd, rfr, nic_state;
		bool gone;
		uint32_t want;
	} rows[] = {
		{ 0, 0, 0, false, 0 }, { 0, 0x80, 0, false, 0 },
		{ 0x10, 0, 0, false, 0 }, { 0x10, 0x7f, 0, false, 0 }, { 0x10, 0x80, 0, false, 0x10 },
		{ 1, 0, 0, false, 0 }, { 0xc, 0x7f, 0, false, 0 }, { 1, 0x80, 0, false, 1 },
		{ 0x13, 0x80, 0, false, 0x13 }, { 0xff, 0x80, 0, false, 0xff },
		{ 0, 0, 1, false, HCA_SYNDROME_DISABLED }, { 0, 0, 7, false, HCA_SYNDROME_DISABLED },
		{ 0, 0, 2, false, 0 }, { 1, 0, 0, true, HCA_SYNDROME_GONE },
	};
	struct paper_hca *p = calloc(1, sizeof(*p));
	unsigned int i;

	(void)state;
	paper_open(p, NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hca_health health = { 0 };

		p->synd = rows[i].synd;
		p->rfr = rows[i].rfr;
		p->nic_state = rows[i].nic_state;
		p->gone = rows[i].gone;
		assert_int_equal(hca_health_look(&health, &p->t), rows[i].want);
		assert_non_null(hca_fatal_text(rows[i].want));
	}
	paper_close(p);
	free(p);
}

static void a_counter_that_stands_still_for_three_looks_is_death(void **state)
{
	struct paper_hca *p = calloc(1, sizeof(*p));
	struct hca_health health = { 0 };
	unsigned int i;

	(void)state;
	paper_open(p, NULL);
	p->nic_state = 0;
	for (i = 0; i < 20; i++) {
		if (i % 3 == 0)
			p->counter++;
		assert_int_equal(hca_health_look(&health, &p->t), 0);
	}
	p->counter++;
	assert_int_equal(hca_health_look(&health, &p->t), 0);
	assert_int_equal(hca_health_look(&health, &p->t), 0);
	assert_int_equal(hca_health_look(&health, &p->t), 0);
	assert_int_equal(hca_health_look(&health, &p->t), HCA_SYNDROME_STUCK);
	paper_close(p);
	free(p);
}

struct dying {
	struct paper_hca p;
	struct core_events events;
	struct hca *hca;
	_Atomic int from_event;		/* what a command in the event thread returned, 1: none yet */
	pthread_t waiter;
	int ret;
};

static void command_in_event_thread(void *ctx, const struct hca_event *event)
{
	struct dying *d = ctx;
	uint32_t pd;

	core_events_take(&d->events, event);
	d->from_event = hca_pd_alloc(d->hca, &pd);
}

static struct dying *dying_open(unsigned int health_ms)
{
	struct dying *d = calloc(1, sizeof(*d));
	struct hca_config config = {
		.health_ms = health_ms, .event = command_in_event_thread, .ctx = d,
	};

	core_events_init(&d->events);
	d->from_event = 1;
	paper_open(&d->p, NULL);
	d->p.beating = true;
	d->hca = core_open_paper(&d->p, &config);
	return d;
}

static void *wait_for_ever(void *arg)
{
	struct dying *d = arg;
	uint32_t pd;

	d->ret = hca_pd_alloc(d->hca, &pd);
	return NULL;
}

static void whoever_waits_is_freed_when_the_counter_stands_still(void **state)
{
	struct dying *d = dying_open(20);
	struct hca_close_report report;

	(void)state;
	/* The command takes a minute by itself. */
	d->p.automatic = false;
	d->p.beating = false;
	pthread_create(&d->waiter, NULL, wait_for_ever, d);
	pthread_join(d->waiter, NULL);
	assert_int_equal(d->ret, -ENODEV);
	assert_int_equal(core_events_wait(&d->events, HCA_EVENT_FATAL, 1).syndrome,
			 HCA_SYNDROME_STUCK);
	hca_close(d->hca, &report);
	assert_int_equal(report.err, -ENODEV);
	assert_int_equal(report.pages_kept, PAPER_BOOT_PAGES + PAPER_INIT_PAGES);
	assert_int_equal(d->p.domain_left, 0);
	assert_int_equal(d->p.resets, 2);
	free(d);
}

static void a_command_in_the_event_thread_is_refused(void **state)
{
	struct dying *d = dying_open(1000000);
	uint8_t data[28] = { [8] = 1 << 4 };

	(void)state;
	paper_event(&d->p, EVENT_PORT_CHANGE, 4, data, false);
	core_until(d->from_event != 1);
	assert_int_equal(d->from_event, -EDEADLK);
	core_close(d->hca);
	free(d);
}

static void events_say_whom_they_concern(void **state)
{
	static const struct {
		uint8_t fw_type;
		unsigned int at;		/* of the number in the event's data */
		enum hca_event_type type;
	} rows[] = {
		{ EVENT_COMM_EST, 24, HCA_EVENT_QP }, { EVENT_WQ_CATAS_ERROR, 24, HCA_EVENT_QP },
		{ EVENT_SRQ_LAST_WQE, 24, HCA_EVENT_QP }, { EVENT_PATH_MIG, 24, HCA_EVENT_QP },
		{ EVENT_SRQ_RQ_LIMIT, 24, HCA_EVENT_SRQ },
		{ EVENT_SRQ_CATAS_ERROR, 24, HCA_EVENT_SRQ }, { EVENT_CQ_ERROR, 0, HCA_EVENT_CQ },
	};
	struct dying *d = dying_open(1000000);
	unsigned int i, n[HCA_EVENT_FATAL] = { 0 };
	struct hca_event e;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t data[28] = { [11] = 4 };

		ifc_store32(data + rows[i].at, 0xff000000 | (i + 0x1234));
		paper_event(&d->p, rows[i].fw_type, 7, data, false);
		e = core_events_wait(&d->events, rows[i].type, ++n[rows[i].type]);
		assert_int_equal(e.fw_type, rows[i].fw_type);
		assert_int_equal(e.fw_subtype, 7);
		assert_int_equal(e.number, i + 0x1234);
		assert_int_equal(e.syndrome, rows[i].type == HCA_EVENT_CQ ? 4 : 0);
	}
	core_close(d->hca);
	free(d);
}

static void count_event(void *ctx, const struct hca_event *event)
{
	(void)event;
	++*(_Atomic unsigned int *)ctx;
}

static void no_event_is_lost_over_laps_nor_when_its_interrupt_is(void **state)
{
	enum { BURST = 4096, BURSTS = 8 };	/* the queue has 8192 entries */
	_Atomic unsigned int told = 0;
	struct hca_config config = { .health_ms = 50, .event = count_event, .ctx = &told };
	struct paper_hca *p = calloc(1, sizeof(*p));
	uint8_t data[28] = { [8] = 1 << 4 };
	struct hca *hca;
	unsigned int i, j;

	(void)state;
	paper_open(p, NULL);
	p->beating = true;
	hca = core_open_paper(p, &config);
	for (i = 0; i < BURSTS; i++) {
		/* Every other burst comes without any interrupt: the next look finds it. */
		for (j = 0; j < BURST; j++)
			paper_event(p, EVENT_PORT_CHANGE, 4, data, i % 2 || j % 100);
		core_until(told == (i + 1) * BURST);
	}
	core_close(hca);
	free(p);
}

int main(void)
{
#define MODEL(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_pf, model_bed_teardown)
	const struct CMUnitTest tests[] = {
		MODEL(a_healthy_hca_stays_alive),
		MODEL(a_firmware_error_is_told_once_and_ends_everything),
		MODEL(a_device_that_goes_in_the_middle_of_a_command),
		MODEL(somebody_elses_reset_is_noticed),
		MODEL(a_server_that_dies_hangs_nobody),
		cmocka_unit_test(every_sign_is_looked_at),
		cmocka_unit_test(a_counter_that_stands_still_for_three_looks_is_death),
		cmocka_unit_test(whoever_waits_is_freed_when_the_counter_stands_still),
		cmocka_unit_test(a_command_in_the_event_thread_is_refused),
		cmocka_unit_test(events_say_whom_they_concern),
		cmocka_unit_test(no_event_is_lost_over_laps_nor_when_its_interrupt_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
