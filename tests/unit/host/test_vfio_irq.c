// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about MSI-X vectors of kernel VFIO, against a kernel of a
 * few lines that follows the same rules. Must never need the real one.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/vfio.h>

#include "host-backend/hca/vfio.h"

enum { VECTORS = 16 };

/* What vfio_pci_intrs.c does, as far as it can be seen from outside. */
static struct kernel {
	bool dynamic;			/* can add vectors while MSI-X is on */
	unsigned int allocated;		/* at once when MSI-X went on; 0: it is off */
	unsigned int room;		/* vectors the machine has left */
	int triggers[VECTORS];		/* duplicates of what it was given, -1: none */
	unsigned int calls, enables, fail_at;	/* the call that fails, 0: none */
} kernel;

static void trigger_drop(unsigned int v)
{
	if (kernel.triggers[v] >= 0)
		close(kernel.triggers[v]);
	kernel.triggers[v] = -1;
}

static void kernel_off(void)
{
	for (unsigned int v = 0; v < VECTORS; v++)
		trigger_drop(v);
	kernel.allocated = 0;
}

static int kernel_enable(unsigned int n)
{
	if (n > kernel.room)
		return (int)kernel.room;	/* as many as there are */
	kernel.allocated = n;
	kernel.enables++;
	return 0;
}

static int kernel_set(void *ctx, const struct vfio_irq_set *set)
{
	const int *fds = (const int *)set->data;
	int ret;

	assert_ptr_equal(ctx, &kernel);
	assert_int_equal(set->index, VFIO_PCI_MSIX_IRQ_INDEX);
	assert_true(set->start + set->count <= VECTORS);
	if (++kernel.calls == kernel.fail_at)
		return -EIO;
	if (set->flags == (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE)) {
		assert_int_equal(set->count, 0);
		assert_true(kernel.allocated > 0);
		kernel_off();
		return 0;
	}
	assert_int_equal(set->flags, VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD);
	assert_int_equal(set->argsz, sizeof(*set) + set->count * sizeof(int));
	assert_true(set->count > 0);
	if (!kernel.allocated) {
		ret = kernel_enable(set->start + set->count);
		if (ret)
			return ret;
	} else if (!kernel.dynamic && set->start + set->count > kernel.allocated) {
		return -EINVAL;
	}
	for (unsigned int i = 0; i < set->count; i++) {
		trigger_drop(set->start + i);
		if (fds[i] >= 0)
			kernel.triggers[set->start + i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
	}
	return 0;
}

static struct hca_vfio_irqs irqs;
static int fds[VECTORS];		/* the test's own eventfds */

static int start(bool dynamic)
{
	kernel = (struct kernel){ .dynamic = dynamic, .room = VECTORS };
	for (unsigned int v = 0; v < VECTORS; v++) {
		kernel.triggers[v] = -1;
		fds[v] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	return hca_vfio_irqs_init(&irqs, VECTORS, !dynamic, kernel_set, &kernel);
}

static int setup_fixed(void **state)
{
	(void)state;
	return start(false);
}

static int setup_dynamic(void **state)
{
	(void)state;
	return start(true);
}

static int teardown(void **state)
{
	(void)state;
	kernel.fail_at = 0;
	hca_vfio_irqs_fini(&irqs);
	assert_int_equal(kernel.allocated, 0);
	kernel_off();
	for (unsigned int v = 0; v < VECTORS; v++)
		close(fds[v]);
	return 0;
}

/* How often it was raised since the last look. */
static uint64_t raised(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/* The device's interrupt on @vector reaches @fd and nobody else. */
static void expect_leads_to(unsigned int vector, int fd)
{
	for (unsigned int v = 0; v < VECTORS; v++)
		raised(fds[v]);
	if (kernel.triggers[vector] >= 0)
		assert_int_equal(eventfd_write(kernel.triggers[vector], 1), 0);
	for (unsigned int v = 0; v < VECTORS; v++)
		assert_int_equal(raised(fds[v]), fds[v] == fd);
}

static void vectors_are_added_one_by_one_in_any_order(void **state)
{
	static const unsigned int order[] = { 3, 0, 9, 1, 15, 14 };

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		assert_int_equal(hca_vfio_irqs_set(&irqs, order[i], fds[order[i]]), 0);
		for (size_t j = 0; j <= i; j++)
			expect_leads_to(order[j], fds[order[j]]);
	}
	expect_leads_to(2, -1);
}

static void a_dynamic_kernel_is_asked_for_no_more_vectors_than_needed(void **state)
{
	(void)state;
	assert_int_equal(hca_vfio_irqs_set(&irqs, 9, fds[9]), 0);
	assert_int_equal(kernel.allocated, 1);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 12, fds[12]), 0);
	assert_int_equal(kernel.enables, 1);
}

static void what_was_set_before_is_raised_when_all_are_set_anew(void **state)
{
	(void)state;
	assert_int_equal(hca_vfio_irqs_set(&irqs, 0, fds[0]), 0);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 2, fds[2]), 0);
	assert_int_equal(raised(fds[0]), 1);
	assert_int_equal(raised(fds[2]), 0);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 1, fds[1]), 0);	/* no need to */
	assert_int_equal(raised(fds[0]), 0);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 3, fds[3]), 0);
	assert_int_equal(raised(fds[0]), 1);
	assert_int_equal(raised(fds[1]), 1);
	assert_int_equal(raised(fds[2]), 1);
	assert_int_equal(raised(fds[3]), 0);
}

static void a_vector_can_be_replaced_and_taken_away(void **state)
{
	(void)state;
	assert_int_equal(hca_vfio_irqs_set(&irqs, 4, -1), 0);
	assert_int_equal(kernel.calls, 0);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 4, fds[4]), 0);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 4, fds[5]), 0);
	expect_leads_to(4, fds[5]);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 4, -1), 0);
	expect_leads_to(4, -1);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 4, fds[6]), 0);
	expect_leads_to(4, fds[6]);
}

static void the_callers_file_may_be_closed_at_once(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), mine = dup(fd);

	(void)state;
	assert_int_equal(hca_vfio_irqs_set(&irqs, 1, fd), 0);
	close(fd);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 7, fds[7]), 0);
	raised(mine);
	assert_int_equal(eventfd_write(kernel.triggers[1], 1), 0);
	assert_int_equal(raised(mine), 1);
	close(mine);
}

static void what_is_no_vector_or_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(hca_vfio_irqs_set(&irqs, VECTORS, fds[0]), -EINVAL);
	assert_int_equal(hca_vfio_irqs_set(&irqs, UINT32_MAX, fds[0]), -EINVAL);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 0, 12345), -EBADF);
	assert_int_equal(kernel.calls, 0);
}

static void too_few_vectors_are_an_error_and_the_old_ones_stay(void **state)
{
	(void)state;
	kernel.room = 4;
	assert_int_equal(hca_vfio_irqs_set(&irqs, 2, fds[2]), 0);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 9, fds[9]), -ENOSPC);
	expect_leads_to(2, fds[2]);
	expect_leads_to(9, -1);
	assert_int_equal(hca_vfio_irqs_set(&irqs, 3, fds[3]), 0);
	expect_leads_to(2, fds[2]);
	expect_leads_to(3, fds[3]);
}

/* Every call of the kernel fails once, at each point: errors are told, and a second try works. */
static void any_call_may_fail(void **state)
{
	static const unsigned int order[] = { 1, 0, 5, 5, 9 };
	const bool dynamic = kernel.dynamic;
	unsigned int errors;

	for (unsigned int at = 1; at < 20; at++) {
		teardown(state);
		start(dynamic);
		kernel.fail_at = at;
		errors = 0;
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
			if (hca_vfio_irqs_set(&irqs, order[i], fds[order[i]])) {
				errors++;
				assert_int_equal(hca_vfio_irqs_set(&irqs, order[i],
								   fds[order[i]]), 0);
			}
		assert_int_equal(errors, at <= kernel.calls);
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
			expect_leads_to(order[i], fds[order[i]]);
		if (!errors)
			return;
	}
	fail_msg("more calls than expected");
}

/* Random sets and removals, compared with a table. */
static void a_long_random_run_ends_as_it_should(void **state)
{
	int should[VECTORS];
	uint32_t x = 99;

	(void)state;
	memset(should, 0xff, sizeof(should));
	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int v;

		x = x * 1664525u + 1013904223u;
		v = (x >> 8) % VECTORS;
		should[v] = x >> 30 ? fds[(x >> 16) % VECTORS] : -1;
		assert_int_equal(hca_vfio_irqs_set(&irqs, v, should[v]), 0);
		v = (x >> 20) % VECTORS;
		expect_leads_to(v, should[v]);
	}
	for (unsigned int v = 0; v < VECTORS; v++)
		expect_leads_to(v, should[v]);
}

#define fixed(f) { #f " (fixed)", f, setup_fixed, teardown, NULL }
#define dynamic(f) { #f " (dynamic)", f, setup_dynamic, teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixed(vectors_are_added_one_by_one_in_any_order),
		dynamic(vectors_are_added_one_by_one_in_any_order),
		dynamic(a_dynamic_kernel_is_asked_for_no_more_vectors_than_needed),
		fixed(what_was_set_before_is_raised_when_all_are_set_anew),
		fixed(a_vector_can_be_replaced_and_taken_away),
		dynamic(a_vector_can_be_replaced_and_taken_away),
		fixed(the_callers_file_may_be_closed_at_once),
		dynamic(the_callers_file_may_be_closed_at_once),
		fixed(what_is_no_vector_or_no_file_is_refused),
		fixed(too_few_vectors_are_an_error_and_the_old_ones_stay),
		fixed(any_call_may_fail),
		dynamic(any_call_may_fail),
		fixed(a_long_random_run_ends_as_it_should),
		dynamic(a_long_random_run_ends_as_it_should),
	};

	return cmocka_run_group_tests_name("VFIO interrupts", tests, NULL, NULL);
}
