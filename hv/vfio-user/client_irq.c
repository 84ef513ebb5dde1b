// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the client's interrupt calls. Must never know who waits on an eventfd.
 */
#include <errno.h>

#include "hv/vfio-user/client_private.h"

static int set_irqs(struct vfu_client *c, struct vfu_irq_set *set,
		    const uint8_t *data, size_t len, const int *fds,
		    unsigned int n_fds)
{
	struct vfu_call call = {
		.cmd = VFU_CMD_DEVICE_SET_IRQS,
		.iov[0] = { .iov_base = set, .iov_len = sizeof(*set) },
		.iov[1] = { .iov_base = (void *)data, .iov_len = len },
		.n_iov = 2,
		.fds = fds,
		.n_fds = n_fds,
	};

	set->argsz = (uint32_t)(sizeof(*set) + len);
	return vfu_client_call(c, &call);
}

/* How many of @fds go into one message: all set or all unset. */
static unsigned int run_length(const int *fds, unsigned int count,
			       unsigned int max_fds)
{
	unsigned int n = 1;

	while (n < count && (fds[n] >= 0) == (fds[0] >= 0) &&
	       (fds[0] < 0 || n < max_fds))
		n++;
	return n;
}

int vfu_client_set_eventfds(struct vfu_client *c, unsigned int index,
			    unsigned int start, const int *fds,
			    unsigned int count)
{
	while (count) {
		struct vfu_irq_set set = {
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index,
			.start = start,
		};
		int ret;

		if (fds[0] >= 0 && !c->limits.max_msg_fds)
			return -EMSGSIZE;
		set.count = run_length(fds, count, c->limits.max_msg_fds);
		ret = set_irqs(c, &set, NULL, 0, fds,
			       fds[0] >= 0 ? set.count : 0);
		if (ret)
			return ret;
		fds += set.count;
		start += set.count;
		count -= set.count;
	}
	return 0;
}

int vfu_client_irq_action(struct vfu_client *c, unsigned int index,
			  uint32_t action, unsigned int start,
			  unsigned int count, const uint8_t *bools)
{
	struct vfu_irq_set set = {
		.flags = action | (bools ? VFIO_IRQ_SET_DATA_BOOL :
				   VFIO_IRQ_SET_DATA_NONE),
		.index = index,
		.start = start,
		.count = count,
	};

	return set_irqs(c, &set, bools, bools ? count : 0, NULL, 0);
}
