// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the client library about interrupts, against our server.
 * Must never rely on timing to pass.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/vfio-user/client_bed.h"

static uint64_t fired(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void vectors_are_enabled_one_by_one(void **state)
{
	struct client_bed *p = *state;
	const int none = -1;
	int fds[3];

	for (unsigned int i = 0; i < 3; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, i * 5,
							 &fds[i], 1), 0);
	}
	assert_true(vfu_irq_enabled(p->bed.server, MSIX, 5));
	assert_false(vfu_irq_enabled(p->bed.server, MSIX, 4));
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 5), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 5), 0);
	assert_int_equal(fired(fds[0]) + fired(fds[2]), 0);
	assert_int_equal(fired(fds[1]), 2);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 5, &none, 1),
			 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 5), -ENOENT);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 0), 0);
	assert_int_equal(fired(fds[0]), 1);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 64), -EINVAL);
	assert_int_equal(vfu_irq_trigger(p->bed.server, 9, 0), -EINVAL);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void many_vectors_go_in_several_messages(void **state)
{
	struct client_bed *p = *state;
	int fds[BED_MSIX];

	for (unsigned int i = 0; i < BED_MSIX; i++)
		fds[i] = i % 20 == 7 ? -1 : eventfd(0, EFD_NONBLOCK);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 0, fds,
						 BED_MSIX), 0);
	for (unsigned int i = 0; i < BED_MSIX; i++) {
		assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, i),
				 fds[i] < 0 ? -ENOENT : 0);
		if (fds[i] >= 0)
			assert_int_equal(fired(fds[i]), 1);
	}
	/* Count 0 disables all of them. */
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_TRIGGER, 0,
					       0, NULL), 0);
	for (unsigned int i = 0; i < BED_MSIX; i++) {
		assert_false(vfu_irq_enabled(p->bed.server, MSIX, i));
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static void a_masked_interrupt_fires_when_it_is_unmasked(void **state)
{
	struct client_bed *p = *state;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 1, &fd, 1), 0);
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_MASK, 0, 4,
					       NULL), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 1), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 1), 0);
	assert_int_equal(fired(fd), 0);
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_UNMASK, 1, 1,
					       NULL), 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void a_client_can_trigger_its_own_interrupts(void **state)
{
	static const uint8_t which[3] = { 1, 0, 1 };
	struct client_bed *p = *state;
	int fds[3];

	for (unsigned int i = 0; i < 3; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 0, fds, 3), 0);
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_TRIGGER, 0,
					       3, which), 0);
	assert_int_equal(fired(fds[0]), 1);
	assert_int_equal(fired(fds[1]), 0);
	assert_int_equal(fired(fds[2]), 1);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void a_full_eventfd_does_not_hang_the_server(void **state)
{
	struct client_bed *p = *state;
	uint64_t full = UINT64_MAX - 1;
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 0, &fd, 1), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 0), 0);
	close(fd);
}

static void the_server_hands_out_the_eventfd_it_was_given(void **state)
{
	struct client_bed *p = *state;
	const uint64_t one = 1;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), own;

	assert_int_equal(vfu_irq_fd(p->bed.server, MSIX, 2), -ENOENT);
	assert_int_equal(vfu_irq_fd(p->bed.server, MSIX, 64), -EINVAL);
	assert_int_equal(vfu_irq_fd(p->bed.server, 9, 0), -EINVAL);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 2, &fd, 1), 0);
	own = vfu_irq_fd(p->bed.server, MSIX, 2);
	assert_true(own >= 0);
	assert_int_equal(write(own, &one, sizeof(one)), sizeof(one));
	assert_int_equal(fired(fd), 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_client_bed(vectors_are_enabled_one_by_one),
		in_client_bed(many_vectors_go_in_several_messages),
		in_client_bed(a_masked_interrupt_fires_when_it_is_unmasked),
		in_client_bed(a_client_can_trigger_its_own_interrupts),
		in_client_bed(a_full_eventfd_does_not_hang_the_server),
		in_client_bed(the_server_hands_out_the_eventfd_it_was_given),
	};

	return cmocka_run_group_tests_name("vfio-user client interrupts", tests, NULL,
					   NULL);
}
