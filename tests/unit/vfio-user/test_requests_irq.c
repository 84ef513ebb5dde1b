// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the server towards a client that sets interrupts which
 * cannot be, one thing wrong per message.
 * Must never use the client library.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull

#define EVENTFD	(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE_MASK	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK)
#define NONE_TRIGGER	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define BOOL_TRIGGER	(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER)

static void impossible_interrupt_requests_are_refused(void **state)
{
	static const struct {
		struct vfu_irq_set set;
		unsigned int n_fds;
		int error;
	} bad[] = {
		{ { 19, EVENTFD, 2, 0, 1 }, 1, EINVAL },	/* argsz */
		{ { 24, EVENTFD, 2, 0, 1 }, 1, EINVAL },
		{ { 20, 0, 2, 0, 1 }, 0, EINVAL },		/* flags */
		{ { 20, 0x40 | EVENTFD, 2, 0, 1 }, 1, EINVAL },
		{ { 20, VFIO_IRQ_SET_DATA_NONE, 2, 0, 1 }, 0, EINVAL },
		{ { 20, VFIO_IRQ_SET_ACTION_MASK, 2, 0, 1 }, 0, EINVAL },
		{ { 20, EVENTFD | 1, 2, 0, 1 }, 1, EINVAL },
		{ { 20, EVENTFD | 8, 2, 0, 1 }, 1, EINVAL },
		{ { 20, EVENTFD, 5, 0, 1 }, 1, EINVAL },	/* index */
		{ { 20, EVENTFD, 1, 0, 1 }, 1, EINVAL },	/* no vectors */
		{ { 20, EVENTFD, 2, 64, 1 }, 1, EINVAL },	/* range */
		{ { 20, EVENTFD, 2, 63, 2 }, 2, EINVAL },
		{ { 20, EVENTFD, 2, UINT32_MAX, 1 }, 1, EINVAL },
		{ { 20, EVENTFD, 2, 1, UINT32_MAX }, 1, EINVAL },
		{ { 20, EVENTFD, 2, 0, 65 }, 0, EINVAL },
		{ { 20, EVENTFD, 2, 0, 0 }, 0, EINVAL },	/* empty */
		{ { 20, NONE_MASK, 2, 0, 0 }, 0, EINVAL },
		{ { 20, NONE_TRIGGER, 2, 1, 0 }, 0, EINVAL },
		{ { 20, BOOL_TRIGGER, 2, 0, 0 }, 0, EINVAL },
		{ { 20, BOOL_TRIGGER, 2, 0, 1 }, 0, EINVAL },	/* no data */
		{ { 20, EVENTFD, 2, 0, 2 }, 1, EINVAL },	/* fds != count */
		{ { 20, EVENTFD, 2, 0, 1 }, 2, EINVAL },
		{ { 20, NONE_MASK, 2, 0, 1 }, 1, EINVAL },	/* fds for what? */
		{ { 20, 4 | 8, 2, 0, 1 }, 1, EOPNOTSUPP },	/* mask eventfd */
		{ { 20, 4 | 16, 2, 0, 1 }, 1, EOPNOTSUPP },
	};
	struct vfu_bed *bed = *state;
	int fd = eventfd(0, EFD_CLOEXEC), fds[2] = { fd, fd };
	int before = vfu_bed_count_fds();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_SET_IRQS,
					     bad[i].set);

		raw.fds = fds;
		raw.n_fds = bad[i].n_fds;
		vfu_bed_expect(bed, &raw, bad[i].error, NULL);
		assert_int_equal(vfu_bed_count_fds(), before);
	}
	assert_int_equal(bed->irqs, 0);
	close(fd);
}

static void what_is_no_eventfd_is_refused(void **state)
{
	const struct vfu_irq_set set = { 20, EVENTFD, 2, 0, 1 };
	struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_SET_IRQS, set);
	struct vfu_bed *bed = *state;
	int fds[3] = { vfu_bed_memfd(PAGE) };

	assert_int_equal(pipe(fds + 1), 0);
	raw.n_fds = 1;
	for (unsigned int i = 0; i < 3; i++) {
		raw.fds = &fds[i];
		vfu_bed_expect(bed, &raw, EINVAL, NULL);
		close(fds[i]);
	}
	assert_int_equal(vfu_irq_trigger(bed->server, 2, 0), -ENOENT);
}

static void a_bool_is_zero_or_one(void **state)
{
	struct { struct vfu_irq_set set; uint8_t bools[4]; } body = {
		{ 24, BOOL_TRIGGER, 2, 0, 4 }, { 0, 1, 2, 0 } };
	const struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_SET_IRQS, body);

	vfu_bed_expect(*state, &raw, EINVAL, NULL);
	body.bools[2] = 1;
	vfu_bed_expect(*state, &raw, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_vfu_bed(impossible_interrupt_requests_are_refused),
		in_vfu_bed(what_is_no_eventfd_is_refused),
		in_vfu_bed(a_bool_is_zero_or_one),
	};

	return cmocka_run_group_tests_name("vfio-user interrupt requests", tests, NULL,
					   NULL);
}
