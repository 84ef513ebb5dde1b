// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the way from an interrupt to the CQs that have something: EQEs by their
 * owner bit, arming. Must never know what completed.
 */
#include "host-backend/selftest/events.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/eq.h"
#include "host-backend/selftest/run.h"

enum {
	LOG_EQES = HCA_EQ_MIN_LOG,	/* one page */
	CI_MASK = 0xffffff, EQN_SHIFT = 24,
};

uint64_t st_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct eqe *eqe_at(const struct st_events *events, uint32_t index)
{
	return (struct eqe *)events->ring.ptr + (index & ((1u << LOG_EQES) - 1));
}

/* Tells where we are, and asks for an interrupt at the next event. */
static void arm(struct st_run *run, const struct st_events *events)
{
	struct hca_transport *t = hca_transport(run->hca);

	hca_to_device_barrier();
	t->ops->write32(t, (uint64_t)events->uar * UAR_PAGE_SIZE + UAR_EQ_ARM,
			events->eqn << EQN_SHIFT | (events->ci & CI_MASK));
}

static int route(struct st_run *run, struct st_events *events)
{
	struct hca_transport *t = hca_transport(run->hca);
	int ret;

	events->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (events->fd < 0)
		return st_fail(run, -errno, "eventfd: %s", strerror(errno));
	/* Vector 0 is the driver's. */
	if (t->n_vectors < 2)
		return st_fail(run, -EOPNOTSUPP, "the function has %u MSI-X vectors, two are "
			       "needed", t->n_vectors);
	events->vector = 1;
	ret = t->ops->set_irq(t, events->vector, events->fd);
	if (ret)
		return st_fail(run, ret, "setting MSI-X vector %u: %s", events->vector,
			       strerror(-ret));
	events->routed = true;
	return 0;
}

int st_events_open(struct st_run *run, struct st_events *events)
{
	struct hca_eq_attr attr = { .log_size = LOG_EQES, .log_page = 12, .n_pas = 1 };
	uint64_t page;
	uint32_t i;
	int ret;

	*events = (struct st_events){ .fd = -1, .uar = run->objects.uar };
	ret = st_window(run, sizeof(struct eqe) << LOG_EQES, true, &events->ring);
	if (!ret)
		ret = route(run, events);
	if (ret)
		return ret;
	for (i = 0; i < 1u << LOG_EQES; i++)
		eqe_at(events, i)->owner = 1;
	page = st_window_bus(&events->ring, 0);
	attr.pas = &page;
	attr.vector = events->vector;
	attr.uar = events->uar;
	ret = hca_eq_create_at(run->hca, &attr, &events->eqn);
	events->made = !ret;
	events->quarantined = hca_cmd_unsure(ret);
	if (ret)
		return st_fail_command(run, ret, "completion event queue");
	arm(run, events);
	return 0;
}

int st_events_close(struct st_run *run, struct st_events *events)
{
	struct hca_transport *t = hca_transport(run->hca);
	int ret = events->made ? hca_eq_destroy_at(run->hca, events->eqn) : 0, err;

	if (ret)
		st_fail_command(run, ret, "completion event queue");
	if (events->routed) {
		err = t->ops->set_irq(t, events->vector, -1);
		if (err)
			st_fail(run, err, "MSI-X vector %u off: %s", events->vector,
				strerror(-err));
		ret = ret ? ret : err;
	}
	if (events->fd >= 0)
		close(events->fd);
	err = st_window_end(run, &events->ring, events->quarantined || ret);
	*events = (struct st_events){ .fd = -1 };
	return ret ? ret : err;
}

static bool take(struct st_events *events, struct eqe *out)
{
	const struct eqe *eqe = eqe_at(events, events->ci);
	uint8_t owner = __atomic_load_n(&eqe->owner, __ATOMIC_RELAXED);

	if ((owner & 1) != (events->ci >> LOG_EQES & 1))
		return false;
	hca_from_device_barrier();
	*out = *eqe;
	events->ci++;
	return true;
}

static int tell(struct st_run *run, const struct eqe *eqe)
{
	struct st_cq *cqs[] = { &run->objects.send_cq, &run->objects.recv_cq };
	uint32_t cqn = hca_eqe_cqn(eqe);
	size_t i;

	if (eqe->type != EVENT_COMP)
		return st_fail(run, -EIO, "the completion event queue got an event of type 0x%x",
			       eqe->type);
	for (i = 0; i < sizeof(cqs) / sizeof(cqs[0]); i++) {
		if (cqs[i]->cqn != cqn)
			continue;
		cqs[i]->sn++;
		cqs[i]->armed = false;
		return 0;
	}
	return st_fail(run, -EIO, "an event for CQ 0x%x, which is not ours", cqn);
}

static int sleep_until(struct st_run *run, const struct st_events *events, uint64_t end)
{
	struct pollfd p = { .fd = events->fd, .events = POLLIN };
	uint64_t now = st_now_ms(), n;
	int ret = poll(&p, 1, now < end ? (int)(end - now) : 0);

	if (ret < 0 && errno != EINTR)
		return st_fail(run, -errno, "waiting for an interrupt: %s", strerror(errno));
	if (ret > 0 && read(events->fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return st_fail(run, -errno, "reading the interrupt: %s", strerror(errno));
	return ret ? 0 : -ETIMEDOUT;
}

int st_events_wait(struct st_run *run, uint64_t end)
{
	struct st_events *events = &run->objects.events;
	unsigned int taken = 0;
	struct eqe eqe;
	int ret;

	while (!taken) {
		ret = sleep_until(run, events, end);
		if (ret)
			return ret;
		while (take(events, &eqe)) {
			ret = tell(run, &eqe);
			if (ret)
				return ret;
			taken++;
		}
		arm(run, events);
	}
	return 0;
}
