// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The changes of memory keys: a key gets the rights and the domain that were
 * asked for and keeps all else; what fails is told, and how far it may have got;
 * nothing is left of the queue.
 */
#include <pthread.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/hca/opcodes.h"
#include "host-backend/hca/pd.h"
#include "host-backend/hca/private.h"
#include "host-backend/hca/umr.h"
#include "tests/unit/host/objects_bed.h"

enum {
	BIND_ERROR = 0x06,
	SHORT_MS = 150, LONG_MS = 1000, SETTLED_MS = 20, KILL_AFTER_MS = 100, SOON_MS = 5000,
};

struct umr_bed {
	struct objects_bed *bed;
	struct hca *hca;
	struct hca_defaults defaults;
	struct objects_ring memory;
	uint32_t pd, other;
	struct hca_umr *umr;
};

static void open_umr(struct umr_bed *u, void **state)
{
	u->bed = *state;
	u->hca = u->bed->hca;
	assert_int_equal(hca_defaults_create(u->hca, hca_own_uar(u->hca), u->bed->eq->eqn,
					     &u->defaults), 0);
	assert_int_equal(hca_pd_alloc(u->hca, &u->pd), 0);
	assert_int_equal(hca_pd_alloc(u->hca, &u->other), 0);
	assert_int_equal(objects_ring_alloc(u->bed, OBJECTS_PAGE, &u->memory), 0);
	assert_int_equal(hca_umr_create(u->hca, &u->defaults, u->bed->eq->eqn, &u->umr), 0);
}

static void close_umr(struct umr_bed *u)
{
	assert_int_equal(hca_umr_destroy(u->umr), 0);
	objects_ring_free(u->bed, &u->memory, false);
	assert_int_equal(hca_pd_dealloc(u->hca, u->other), 0);
	assert_int_equal(hca_pd_dealloc(u->hca, u->pd), 0);
	assert_int_equal(hca_defaults_destroy(u->hca, &u->defaults), 0);
	objects_bed_assert_as_at_open(u->bed);
}

/* With the right to be read from afar, and no other. */
static uint32_t key_of(struct umr_bed *u, bool changeable)
{
	const struct hca_mkey_attr attr = {
		.pd = u->pd, .access = HCA_MKEY_REMOTE_READ, .variant = 0x42,
		.changeable = changeable, .start = (3ull << 40) + 100, .len = 1000,
	};
	uint32_t key;

	assert_int_equal(hca_mkey_create(u->hca, &attr, &u->memory.run, 1, 100, &key), 0);
	return key;
}

static struct hca_mkey_info info_of(struct umr_bed *u, uint32_t key)
{
	struct hca_mkey_info info;

	assert_int_equal(hca_mkey_query(u->hca, key, &info), 0);
	return info;
}

static void change_ok(struct umr_bed *u, uint32_t key, uint32_t pd, unsigned int access)
{
	bool perhaps;

	assert_int_equal(hca_umr_change(u->umr, key, pd, access, &perhaps), 0);
}

/* Refused by the HCA, for the reason that its completion says. */
static void refused(struct umr_bed *u, uint32_t key, uint32_t pd)
{
	const struct hca_cmd_error *last;
	bool perhaps = true;

	assert_int_equal(hca_umr_change(u->umr, key, pd, HCA_MKEY_LOCAL_READ, &perhaps),
			 -EREMOTEIO);
	assert_false(perhaps);
	last = hca_cmd_last_error(u->hca);
	assert_int_equal(last->opcode, HCA_OP_UMR);
	assert_int_equal(last->syndrome >> 8, BIND_ERROR);
}

static void all_else_is_as_before(const struct hca_mkey_info *now, const struct hca_mkey_info *before)
{
	assert_int_equal(now->attr.pd, before->attr.pd);
	assert_int_equal(now->attr.variant, before->attr.variant);
	assert_int_equal(now->attr.changeable, before->attr.changeable);
	assert_int_equal(now->attr.start, before->attr.start);
	assert_int_equal(now->attr.len, before->attr.len);
	assert_int_equal(now->mode, before->mode);
	assert_int_equal(now->free, before->free);
	assert_int_equal(now->log_page, before->log_page);
	assert_int_equal(now->octowords, before->octowords);
}

static void a_key_gets_other_rights_and_keeps_all_else(void **state)
{
	struct hca_mkey_info before, after;
	struct umr_bed u;
	unsigned int access;
	uint32_t key;

	open_umr(&u, state);
	key = key_of(&u, true);
	before = info_of(&u, key);
	assert_true(before.attr.changeable);
	for (access = 0; access <= HCA_MKEY_ACCESS_ALL; access++) {
		assert_true(hca_umr_can(u.hca, before.attr.access, access));
		change_ok(&u, key, u.pd, access);
		after = info_of(&u, key);
		assert_int_equal(after.attr.access, access);
		all_else_is_as_before(&after, &before);
	}
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	close_umr(&u);
}

static void a_key_goes_over_to_another_domain(void **state)
{
	struct umr_bed u;
	uint32_t key;

	open_umr(&u, state);
	key = key_of(&u, true);
	change_ok(&u, key, u.other, HCA_MKEY_LOCAL_READ | HCA_MKEY_LOCAL_WRITE);
	assert_int_equal(info_of(&u, key).attr.pd, u.other);
	assert_int_equal(info_of(&u, key).attr.access, HCA_MKEY_LOCAL_READ | HCA_MKEY_LOCAL_WRITE);
	assert_int_equal(hca_pd_dealloc(u.hca, u.pd), 0);
	assert_int_equal(hca_pd_dealloc(u.hca, u.other), -EREMOTEIO);
	assert_int_equal(hca_pd_alloc(u.hca, &u.pd), 0);
	change_ok(&u, key, u.pd, 0);
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	close_umr(&u);
}

static void the_hca_hears_of_the_queue_when_it_is_needed(void **state)
{
	struct model_bed_counts before, after;
	struct hca_cmd_stats first, second;
	struct umr_bed u;
	unsigned int i;
	uint32_t key;

	open_umr(&u, state);
	key = key_of(&u, true);
	before = objects_bed_counts(u.bed);
	assert_int_equal(hca_umr_rest(u.umr), 0);
	change_ok(&u, key, u.pd, 0);
	after = objects_bed_counts(u.bed);
	assert_int_equal(after.qp, before.qp + 1);
	assert_int_equal(after.cq, before.cq + 1);
	assert_int_equal(after.objects, before.objects + 2);
	hca_cmd_stats(u.hca, &first);
	for (i = 0; i < 100; i++)		/* rounds of both rings */
		change_ok(&u, key, u.pd, i % 2);
	hca_cmd_stats(u.hca, &second);
	assert_int_equal(second.done, first.done);
	assert_int_equal(hca_umr_rest(u.umr), 0);
	assert_int_equal(objects_bed_counts(u.bed).objects, before.objects);
	change_ok(&u, key, u.pd, 0);
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	close_umr(&u);
}

static void what_the_hca_refuses_changes_nothing_and_the_next_change_works(void **state)
{
	struct umr_bed u;
	uint32_t fixed, key;
	bool perhaps;

	open_umr(&u, state);
	fixed = key_of(&u, false);
	key = key_of(&u, true);
	refused(&u, fixed, u.pd);
	assert_int_equal(info_of(&u, fixed).attr.access, HCA_MKEY_REMOTE_READ);
	refused(&u, key ^ 1, u.pd);		/* another variant */
	refused(&u, 0xfffff00, u.pd);
	refused(&u, key, 0xfffff);
	assert_int_equal(info_of(&u, key).attr.access, HCA_MKEY_REMOTE_READ);
	assert_int_equal(hca_umr_change(u.umr, key, u.pd, HCA_MKEY_ACCESS_ALL + 1, &perhaps),
			 -EINVAL);
	assert_false(perhaps);
	change_ok(&u, key, u.other, HCA_MKEY_LOCAL_READ);
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	assert_int_equal(hca_mkey_destroy(u.hca, fixed), 0);
	close_umr(&u);
}

static void a_change_without_a_completion_may_have_been_made(void **state)
{
	struct objects_bed *bed = *state;
	struct umr_bed u;
	bool perhaps;
	uint32_t key;

	objects_bed_close(bed, true);
	objects_bed_open(bed, SHORT_MS);
	open_umr(&u, state);
	key = key_of(&u, true);
	model_bed_control(bed->model, "inject a kind=umr-silent after=1");
	change_ok(&u, key, u.pd, HCA_MKEY_LOCAL_READ);
	assert_int_equal(hca_umr_change(u.umr, key, u.pd, 0, &perhaps), -ETIMEDOUT);
	assert_true(perhaps);
	assert_int_equal(hca_cmd_last_error(u.hca)->opcode, HCA_OP_UMR);
	assert_int_equal(info_of(&u, key).attr.access, 0);
	change_ok(&u, key, u.pd, HCA_MKEY_LOCAL_READ);
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	close_umr(&u);
}

static void a_queue_that_cannot_be_made_leaves_the_key_alone(void **state)
{
	static const uint16_t opcodes[] = { 0x400, 0x500, 0x502, 0x503, 0x504 };
	struct model_bed_counts before;
	struct umr_bed u;
	bool perhaps;
	uint32_t key;
	size_t i;

	open_umr(&u, state);
	key = key_of(&u, true);
	before = objects_bed_counts(u.bed);
	for (i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		model_bed_control(u.bed->model, "inject a kind=status status=15 after=%zu", i);
		assert_int_equal(hca_umr_change(u.umr, key, u.pd, 0, &perhaps), -EREMOTEIO);
		assert_false(perhaps);
		assert_int_equal(hca_cmd_last_error(u.hca)->opcode, opcodes[i]);
		assert_int_equal(objects_bed_counts(u.bed).objects, before.objects);
	}
	assert_int_equal(info_of(&u, key).attr.access, HCA_MKEY_REMOTE_READ);
	change_ok(&u, key, u.pd, 0);
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	close_umr(&u);
}

static void a_right_that_the_hca_cannot_change_stays(void **state)
{
	struct umr_bed u;
	uint32_t key;

	open_umr(&u, state);
	key = key_of(&u, true);
	change_ok(&u, key, u.pd, HCA_MKEY_ACCESS_ALL);
	ifc_set(u.hca->caps, cmd_hca_cap__umr_modify_atomic_disabled, 1);
	assert_false(hca_umr_can(u.hca, HCA_MKEY_ACCESS_ALL, 0));
	assert_false(hca_umr_can(u.hca, 0, HCA_MKEY_REMOTE_ATOMIC));
	assert_true(hca_umr_can(u.hca, HCA_MKEY_ACCESS_ALL, HCA_MKEY_REMOTE_ATOMIC));
	change_ok(&u, key, u.pd, HCA_MKEY_REMOTE_ATOMIC | HCA_MKEY_LOCAL_READ);
	assert_int_equal(info_of(&u, key).attr.access,
			 HCA_MKEY_REMOTE_ATOMIC | HCA_MKEY_LOCAL_READ);
	change_ok(&u, key, u.pd, 0);
	assert_int_equal(info_of(&u, key).attr.access, HCA_MKEY_REMOTE_ATOMIC);
	ifc_set(u.hca->caps, cmd_hca_cap__atomic, 0);	/* then it means nothing */
	assert_true(hca_umr_can(u.hca, HCA_MKEY_ACCESS_ALL, 0));
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	close_umr(&u);
}

enum { THREADS = 4, ROUNDS = 60 };

struct changer {
	struct umr_bed *u;
	pthread_t thread;
	uint32_t key;
	int bad;
};

static void *change_often(void *arg)
{
	struct changer *c = arg;
	struct hca_mkey_info info;
	unsigned int i, access;
	bool perhaps;

	for (i = 0; i < ROUNDS && !c->bad; i++) {
		access = ((c->key >> 8) * 7 + i * 5) & HCA_MKEY_ACCESS_ALL;
		c->bad = hca_umr_change(c->u->umr, c->key, i % 2 ? c->u->pd : c->u->other, access,
					&perhaps);
		if (!c->bad)
			c->bad = hca_mkey_query(c->u->hca, c->key, &info);
		if (!c->bad && info.attr.access != access)
			c->bad = 1;
	}
	return NULL;
}

static void threads_change_keys_side_by_side(void **state)
{
	struct changer c[THREADS];
	struct umr_bed u;
	unsigned int i;

	open_umr(&u, state);
	for (i = 0; i < THREADS; i++)
		c[i] = (struct changer){ .u = &u, .key = key_of(&u, true) };
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&c[i].thread, NULL, change_often, &c[i]), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(c[i].thread, NULL);
		assert_int_equal(c[i].bad, 0);
		assert_int_equal(hca_mkey_destroy(u.hca, c[i].key), 0);
	}
	close_umr(&u);
}

static void *change_in_vain(void *arg)
{
	struct changer *c = arg;
	bool perhaps;

	c->bad = hca_umr_change(c->u->umr, c->key, c->u->pd, 0, &perhaps);
	return NULL;
}

/* Who waits for the queue does so for no longer than for the HCA, and has changed nothing then. */
static void a_busy_queue_is_waited_for_within_the_limit(void **state)
{
	struct objects_bed *bed = *state;
	struct changer first;
	bool perhaps = true;
	struct umr_bed u;
	uint64_t begin;
	uint32_t key;

	objects_bed_close(bed, true);
	objects_bed_open(bed, LONG_MS);
	open_umr(&u, state);
	key = key_of(&u, true);
	first = (struct changer){ .u = &u, .key = key_of(&u, true) };
	model_bed_control(bed->model, "inject a kind=umr-silent");
	begin = hca_now_ms();
	assert_int_equal(pthread_create(&first.thread, NULL, change_in_vain, &first), 0);
	while (info_of(&u, first.key).attr.access) {
		assert_true(hca_now_ms() - begin < LONG_MS);
		hca_sleep_us(1000);
	}
	hca_sleep_us(SETTLED_MS * 1000);	/* by now it waits for its completion */
	u.hca->config.command_ms = SHORT_MS;
	assert_int_equal(hca_umr_change(u.umr, key, u.pd, 0, &perhaps), -EBUSY);
	assert_false(perhaps);
	assert_int_equal(hca_cmd_last_error(u.hca)->opcode, HCA_OP_UMR);
	u.hca->config.command_ms = LONG_MS;
	assert_int_equal(info_of(&u, key).attr.access, HCA_MKEY_REMOTE_READ);
	pthread_join(first.thread, NULL);
	assert_int_equal(first.bad, -ETIMEDOUT);
	change_ok(&u, key, u.pd, 0);
	assert_int_equal(hca_mkey_destroy(u.hca, key), 0);
	assert_int_equal(hca_mkey_destroy(u.hca, first.key), 0);
	close_umr(&u);
}

static void *kill_soon(void *arg)
{
	struct objects_bed *bed = arg;

	hca_sleep_us(KILL_AFTER_MS * 1000);
	model_bed_control(bed->model, "fatal a");
	return NULL;
}

/* The limit of a command would be a minute. */
static void a_dead_hca_is_not_waited_for(void **state)
{
	uint64_t begin = hca_now_ms();
	struct umr_bed u;
	pthread_t killer;
	bool perhaps;
	uint32_t key;

	open_umr(&u, state);
	key = key_of(&u, true);
	model_bed_control(u.bed->model, "inject a kind=umr-silent");
	assert_int_equal(pthread_create(&killer, NULL, kill_soon, u.bed), 0);
	assert_int_equal(hca_umr_change(u.umr, key, u.pd, 0, &perhaps), -ENODEV);
	assert_true(perhaps);
	pthread_join(killer, NULL);
	assert_int_equal(hca_umr_change(u.umr, key, u.pd, 0, &perhaps), -ENODEV);
	assert_false(perhaps);
	assert_int_equal(hca_umr_destroy(u.umr), -ENODEV);
	hca_defaults_destroy(u.hca, &u.defaults);
	objects_ring_free(u.bed, &u.memory, true);
	assert_true(hca_now_ms() - begin < SOON_MS);
}

static int forgiving_teardown(void **state)
{
	objects_bed_close(*state, false);
	return 0;
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
#define DEATH(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, forgiving_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(a_key_gets_other_rights_and_keeps_all_else),
		LIFE(a_key_goes_over_to_another_domain),
		LIFE(the_hca_hears_of_the_queue_when_it_is_needed),
		LIFE(what_the_hca_refuses_changes_nothing_and_the_next_change_works),
		LIFE(a_change_without_a_completion_may_have_been_made),
		LIFE(a_queue_that_cannot_be_made_leaves_the_key_alone),
		LIFE(a_right_that_the_hca_cannot_change_stays),
		LIFE(threads_change_keys_side_by_side),
		LIFE(a_busy_queue_is_waited_for_within_the_limit),
		DEATH(a_dead_hca_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
