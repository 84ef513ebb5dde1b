// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about numbers that the HCA gives again: two workers end one
 * object and make another, in any order. It must never know the ring.
 */
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/pv/private.h"
#include "tests/unit/pv/guest_bed.h"

enum { NUMBER = 0x12345, A_WHILE_US = 50000 };

/* A worker that made an object for which the HCA gave NUMBER again. */
struct maker {
	struct pv *pv;
	struct pv_object *o;
	pthread_t thread;
	_Atomic bool done;
	bool published;
};

static struct pv_object *new_object(struct pv *pv)
{
	struct pv_object *o;

	assert_int_equal(pv_object_new(pv, PV_PD, sizeof(*o), &o), UP_OK);
	return o;
}

/* One whose end has begun: the HCA has let go of it. */
static struct pv_object *ending(struct pv *pv)
{
	struct pv_object *o = new_object(pv);

	assert_true(pv_object_publish(pv, o, NUMBER));
	assert_int_equal(pv_object_claim(pv, PV_PD, NUMBER, true, &o), UP_OK);
	return o;
}

static void *make(void *arg)
{
	struct maker *m = arg;

	m->published = pv_object_publish(m->pv, m->o, NUMBER);
	atomic_store(&m->done, true);
	return NULL;
}

static void maker_start(struct maker *m, struct pv *pv)
{
	*m = (struct maker){ .pv = pv, .o = new_object(pv) };
	assert_int_equal(pthread_create(&m->thread, NULL, make, m), 0);
	hca_sleep_us(A_WHILE_US);
}

static void expect_published(struct maker *m)
{
	struct pv_object *o;

	assert_int_equal(pthread_join(m->thread, NULL), 0);
	assert_true(m->published);
	assert_int_equal(pv_object_claim(m->pv, PV_PD, NUMBER, true, &o), UP_OK);
	assert_ptr_equal(o, m->o);
	pv_object_remove(m->pv, o);
}

static void a_number_given_again_waits_for_its_last_owner(void **state)
{
	struct pv *pv = ((struct guest_bed *)*state)->pv;
	struct pv_object *old = ending(pv);
	struct maker m;

	maker_start(&m, pv);
	assert_false(atomic_load(&m.done));
	pv_object_remove(pv, old);
	expect_published(&m);
}

static void one_that_is_lost_meanwhile_makes_room(void **state)
{
	struct pv *pv = ((struct guest_bed *)*state)->pv;
	struct pv_object *old = ending(pv);
	struct maker m;

	maker_start(&m, pv);
	assert_false(atomic_load(&m.done));
	pv_object_lose(pv, old);
	expect_published(&m);
}

static void one_that_stays_after_all_keeps_its_number(void **state)
{
	struct pv *pv = ((struct guest_bed *)*state)->pv;
	struct pv_object *old = ending(pv);
	struct maker m;

	maker_start(&m, pv);
	assert_false(atomic_load(&m.done));
	pv_object_unclaim(pv, old);
	assert_int_equal(pthread_join(m.thread, NULL), 0);
	assert_false(m.published);
	pv_object_discard(pv, m.o);
	assert_int_equal(pv_object_claim(pv, PV_PD, NUMBER, true, &old), UP_OK);
	pv_object_remove(pv, old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(a_number_given_again_waits_for_its_last_owner),
		in_guest(one_that_is_lost_meanwhile_makes_room),
		in_guest(one_that_stays_after_all_keeps_its_number),
	};

	return cmocka_run_group_tests_name("numbers", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
