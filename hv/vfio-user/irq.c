// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the eventfds and masks of the device's interrupts on the server side.
 * Must never know why an interrupt is raised.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hv/vfio-user/private.h"

#define DATA_FLAGS	VFIO_IRQ_SET_DATA_TYPE_MASK
#define ACTION_FLAGS	VFIO_IRQ_SET_ACTION_TYPE_MASK

int vfu_irqs_init(struct vfu_server *s, const unsigned int *counts)
{
	for (unsigned int i = 0; i < VFU_NUM_IRQS; i++) {
		struct vfu_irqs *irqs = &s->irqs[i];

		if (counts[i] > VFU_MAX_VECTORS)
			return -EINVAL;
		if (!counts[i])
			continue;
		irqs->vectors = calloc(counts[i], sizeof(*irqs->vectors));
		if (!irqs->vectors)
			return -ENOMEM;
		irqs->count = counts[i];
		for (unsigned int v = 0; v < irqs->count; v++)
			irqs->vectors[v].fd = -1;
	}
	return 0;
}

static void vector_clear(struct vfu_vector *vector)
{
	if (vector->fd >= 0 || vector->masked)
		vector->changes++;
	if (vector->fd >= 0)
		close(vector->fd);
	vector->fd = -1;
	vector->masked = false;
	vector->pending = false;
}

void vfu_irqs_fini(struct vfu_server *s)
{
	for (unsigned int i = 0; i < VFU_NUM_IRQS; i++) {
		struct vfu_irqs *irqs = &s->irqs[i];

		for (unsigned int v = 0; v < irqs->count; v++)
			vector_clear(&irqs->vectors[v]);
		free(irqs->vectors);
		irqs->vectors = NULL;
		irqs->count = 0;
	}
}

static void irqs_changed(struct vfu_server *s, unsigned int index)
{
	if (s->config.ops->irqs_changed)
		s->config.ops->irqs_changed(s->config.ctx, index);
}

void vfu_irqs_drop(struct vfu_server *s)
{
	for (unsigned int i = 0; i < VFU_NUM_IRQS; i++) {
		struct vfu_irqs *irqs = &s->irqs[i];
		bool changed = false;

		for (unsigned int v = 0; v < irqs->count; v++) {
			struct vfu_vector *vector = &irqs->vectors[v];

			changed |= vector->fd >= 0 || vector->masked;
			vector_clear(vector);
		}
		if (changed)
			irqs_changed(s, i);
	}
}

static struct vfu_vector *vector_get(const struct vfu_server *s,
				     unsigned int index, unsigned int vector)
{
	if (index >= VFU_NUM_IRQS || vector >= s->irqs[index].count)
		return NULL;
	return &s->irqs[index].vectors[vector];
}

/*
 * The eventfd is the client's; if it is full and blocking, writing would hang
 * us. A full one is readable anyhow, so nothing is lost by not writing.
 */
static int vector_signal(const struct vfu_vector *vector)
{
	struct pollfd pfd = { .fd = vector->fd, .events = POLLOUT };
	const uint64_t one = 1;
	ssize_t n;

	if (vector->fd < 0)
		return -ENOENT;
	if (poll(&pfd, 1, 0) == 0)
		return 0;
	n = write(vector->fd, &one, sizeof(one));
	if (n < 0 && errno != EAGAIN)
		return -errno;
	return 0;
}

int vfu_irq_trigger(struct vfu_server *s, unsigned int index,
		    unsigned int vector)
{
	struct vfu_vector *v = vector_get(s, index, vector);

	if (!v)
		return -EINVAL;
	if (v->fd < 0)
		return -ENOENT;
	if (v->masked) {
		v->pending = true;
		return 0;
	}
	return vector_signal(v);
}

bool vfu_irq_enabled(const struct vfu_server *s, unsigned int index,
		     unsigned int vector)
{
	const struct vfu_vector *v = vector_get(s, index, vector);

	return v && v->fd >= 0;
}

int vfu_irq_fd(const struct vfu_server *s, unsigned int index,
	       unsigned int vector)
{
	const struct vfu_vector *v = vector_get(s, index, vector);

	if (!v)
		return -EINVAL;
	return v->fd >= 0 ? v->fd : -ENOENT;
}

int vfu_irq_state(const struct vfu_server *s, unsigned int index,
		  unsigned int vector, struct vfu_irq_state *state)
{
	const struct vfu_vector *v = vector_get(s, index, vector);

	if (!v)
		return -EINVAL;
	*state = (struct vfu_irq_state){ v->fd, v->masked, v->changes };
	return 0;
}

VFU_HANDLER(vfu_handle_irq_info)
{
	struct vfu_irq_info info;

	memcpy(&info, msg->body, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFU_NUM_IRQS ||
	    info.flags || info.count)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.count = s->irqs[info.index].count;
	if (info.count)
		info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE;
	if (info.index == VFIO_PCI_MSI_IRQ_INDEX && info.count)
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	if (vfu_answer_reserve(s, answer, sizeof(info)))
		return -ENOMEM;
	memcpy(answer->body, &info, sizeof(info));
	return 0;
}

/* An eventfd is an anonymous inode without a file type; pipes and so on, on
 * which a write could block or do something else, are not.
 */
static int check_eventfd(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -EBADF;
	return st.st_mode & S_IFMT ? -EINVAL : 0;
}

static int set_eventfds(struct vfu_irqs *irqs, const struct vfu_irq_set *set,
			struct vfu_msg *msg)
{
	if (!(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return -EOPNOTSUPP;
	if (!set->count || (msg->n_fds && msg->n_fds != set->count))
		return -EINVAL;
	for (unsigned int i = 0; i < msg->n_fds; i++) {
		int ret = check_eventfd(msg->fds[i]);

		if (ret)
			return ret;
	}
	for (uint32_t i = 0; i < set->count; i++) {
		struct vfu_vector *vector = &irqs->vectors[set->start + i];
		int fd = vfu_msg_take_fd(msg, i);

		if (fd < 0) {
			vector_clear(vector);
			continue;
		}
		/* A vector keeps its mask when only its eventfd changes. */
		if (vector->fd >= 0)
			close(vector->fd);
		vector->fd = fd;
		vector->changes++;
	}
	return 0;
}

static void vector_act(struct vfu_vector *vector, uint32_t action)
{
	switch (action) {
	case VFIO_IRQ_SET_ACTION_MASK:
		vector->changes += !vector->masked;
		vector->masked = true;
		break;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		vector->changes += vector->masked;
		vector->masked = false;
		if (vector->pending)
			vector_signal(vector);
		vector->pending = false;
		break;
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		if (vector->masked)
			vector->pending = vector->fd >= 0;
		else
			vector_signal(vector);
		break;
	}
}

/* Without @bools all vectors of the range are meant. */
static int act_on_range(struct vfu_irqs *irqs, const struct vfu_irq_set *set,
			const uint8_t *bools)
{
	if (!set->count)
		return -EINVAL;
	for (uint32_t i = 0; bools && i < set->count; i++) {
		if (bools[i] > 1)
			return -EINVAL;
	}
	for (uint32_t i = 0; i < set->count; i++) {
		if (!bools || bools[i])
			vector_act(&irqs->vectors[set->start + i],
				   set->flags & ACTION_FLAGS);
	}
	return 0;
}

static int one_bit(uint32_t flags)
{
	return flags && !(flags & (flags - 1));
}

static int set_check(const struct vfu_server *s, const struct vfu_irq_set *set,
		     const struct vfu_msg *msg)
{
	size_t data = msg->len - sizeof(*set);
	uint32_t count;

	if (set->index >= VFU_NUM_IRQS ||
	    set->flags & ~(DATA_FLAGS | ACTION_FLAGS) ||
	    !one_bit(set->flags & DATA_FLAGS) ||
	    !one_bit(set->flags & ACTION_FLAGS))
		return -EINVAL;
	count = s->irqs[set->index].count;
	if (set->count > count || set->start > count - set->count)
		return -EINVAL;
	if (set->argsz != msg->len)
		return -EINVAL;
	if (data != (set->flags & VFIO_IRQ_SET_DATA_BOOL ? set->count : 0))
		return -EINVAL;
	if (msg->n_fds && !(set->flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return -EINVAL;
	return 0;
}

VFU_HANDLER(vfu_handle_set_irqs)
{
	struct vfu_irq_set set;
	struct vfu_irqs *irqs;
	int ret;

	(void)answer;
	memcpy(&set, msg->body, sizeof(set));
	ret = set_check(s, &set, msg);
	if (ret)
		return ret;
	irqs = &s->irqs[set.index];

	if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		ret = set_eventfds(irqs, &set, msg);
	} else if (set.flags & VFIO_IRQ_SET_DATA_BOOL) {
		ret = act_on_range(irqs, &set, msg->body + sizeof(set));
	} else if (set.count) {
		ret = act_on_range(irqs, &set, NULL);
	} else if (!set.start && set.flags & VFIO_IRQ_SET_ACTION_TRIGGER) {
		for (unsigned int v = 0; v < irqs->count; v++)
			vector_clear(&irqs->vectors[v]);
	} else {
		ret = -EINVAL;
	}
	if (!ret)
		irqs_changed(s, set.index);
	return ret;
}
