// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the MSI-X vectors of a VFIO device: in which steps the kernel lets them
 * be added. Must never know why an interrupt is wanted.
 * Source: Linux, drivers/vfio/pci/vfio_pci_intrs.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "host-backend/hca/vfio.h"

int hca_vfio_irqs_init(struct hca_vfio_irqs *irqs, unsigned int count, bool noresize,
		       int (*set)(void *ctx, const struct vfio_irq_set *set), void *ctx)
{
	unsigned int i;

	*irqs = (struct hca_vfio_irqs){
		.set = set, .ctx = ctx, .noresize = noresize, .count = count,
		.fds = calloc(count, sizeof(*irqs->fds)),
	};
	if (!irqs->fds) {
		memset(irqs, 0, sizeof(*irqs));
		return -ENOMEM;
	}
	for (i = 0; i < count; i++)
		irqs->fds[i] = -1;
	return 0;
}

/* @n eventfds from vector @start on; @n is 0: MSI-X off. */
static int send_fds(struct hca_vfio_irqs *irqs, unsigned int start, const int *fds, unsigned int n)
{
	size_t len = sizeof(struct vfio_irq_set) + n * sizeof(*fds);
	struct vfio_irq_set *set = calloc(1, len);
	int ret;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)len;
	set->flags = VFIO_IRQ_SET_ACTION_TRIGGER |
		     (n ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
	set->index = VFIO_PCI_MSIX_IRQ_INDEX;
	set->start = start;
	set->count = n;
	if (n)
		memcpy(set->data, fds, n * sizeof(*fds));
	ret = irqs->set(irqs->ctx, set);
	free(set);
	return ret > 0 ? -ENOSPC : ret;	/* as many as there are: too few */
}

/* Whatever waits looks again: an interrupt may have gone by. */
static void raise_all(const struct hca_vfio_irqs *irqs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (irqs->fds[i] >= 0)
			eventfd_write(irqs->fds[i], 1);	/* a full one is readable anyhow */
}

/* MSI-X off and on again with the vectors up to @n, as fds[] has them. */
static int set_anew(struct hca_vfio_irqs *irqs, unsigned int n)
{
	unsigned int before = irqs->enabled;
	int ret;

	if (before) {
		ret = send_fds(irqs, 0, NULL, 0);
		if (ret)
			return ret;
		irqs->enabled = 0;
	}
	ret = send_fds(irqs, 0, irqs->fds, n);
	if (!ret)
		irqs->enabled = n;
	return ret;
}

static int grow_anew(struct hca_vfio_irqs *irqs, unsigned int vector)
{
	unsigned int before = irqs->enabled;
	int fd = irqs->fds[vector], ret;

	ret = set_anew(irqs, vector + 1);
	if (ret && before && !irqs->enabled) {
		irqs->fds[vector] = -1;
		/* Should the old ones be refused now, the next call tries them again. */
		if (set_anew(irqs, before))
			irqs->enabled = 0;
		irqs->fds[vector] = fd;
	}
	raise_all(irqs, before);
	return ret;
}

static int grow_dynamic(struct hca_vfio_irqs *irqs, unsigned int vector)
{
	static const int none = -1;
	int ret;

	/* As few vectors as can be: the kernel enables all from 0 on. */
	if (vector) {
		ret = send_fds(irqs, 0, &none, 1);
		if (ret)
			return ret;
		irqs->enabled = irqs->count;
	}
	ret = send_fds(irqs, vector, &irqs->fds[vector], 1);
	if (!ret)
		irqs->enabled = irqs->count;
	return ret;
}

int hca_vfio_irqs_set(struct hca_vfio_irqs *irqs, unsigned int vector, int eventfd)
{
	int own = -1, old, ret = 0;

	if (vector >= irqs->count)
		return -EINVAL;
	if (eventfd >= 0) {
		own = fcntl(eventfd, F_DUPFD_CLOEXEC, 0);
		if (own < 0)
			return -errno;
	}
	old = irqs->fds[vector];
	irqs->fds[vector] = own;
	if (vector < irqs->enabled)
		ret = send_fds(irqs, vector, &own, 1);
	else if (own >= 0)
		ret = irqs->noresize ? grow_anew(irqs, vector) : grow_dynamic(irqs, vector);
	if (ret && own >= 0) {
		close(own);
		irqs->fds[vector] = -1;
	}
	if (old >= 0)
		close(old);
	return ret;
}

void hca_vfio_irqs_fini(struct hca_vfio_irqs *irqs)
{
	unsigned int i;

	if (irqs->enabled)
		send_fds(irqs, 0, NULL, 0);
	for (i = 0; i < irqs->count; i++)
		if (irqs->fds[i] >= 0)
			close(irqs->fds[i]);
	free(irqs->fds);
	memset(irqs, 0, sizeof(*irqs));
}
