// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns completion event queues: one for each vector but the first, written by
 * the HCA into guest memory. Must never know what completed.
 *
 * Layouts: Linux include/linux/mlx5/device.h (struct mlx5_eqe), eq.h of
 * drivers/net/ethernet/mellanox/mlx5/core (doorbells).
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "command.h"
#include "eq.h"
#include "pages.h"
#include "pci.h"

enum {
	EQE_COMPLETION = 0x00,
	EQE_OWNER = 0x01,
	/* Entries taken in one interrupt; the ring has so many more of them than its CQs are. */
	BATCH = 128,
	LOG_MIN = 12, LOG_MAX = 17,
	DB_ARM = 0x40,			/* doorbell in the UAR page: so far seen, interrupt at the next */
};

#define CQN_MASK 0xffffff

struct eqe {
	u8 reserved0;
	u8 type;
	u8 reserved1;
	u8 sub_type;
	__be32 reserved2[7];
	__be32 data[7];			/* completion: [6] is the CQ's number */
	__be16 reserved3;
	u8 signature;
	u8 owner;
};
static_assert(sizeof(struct eqe) == 64);
static_assert(offsetof(struct eqe, data) == 32);

struct up_eq {
	struct up_dev *dev;
	u32 vector;
	u32 eqn;
	struct eqe *ring;
	u32 log_size;
	u32 consumer;			/* interrupt handler only */
	atomic_t room;			/* for further CQs */
	char name[32];
};

u32 up_eq_number(const struct up_eq *eq)
{
	return eq->eqn;
}

static void arm(struct up_eq *eq)
{
	u32 value = eq->eqn << 24 | (eq->consumer & 0xffffff);

	wmb();	/* entries are read before they may be overwritten */
	__raw_writel((__force u32)cpu_to_be32(value), eq->dev->doorbells + DB_ARM);
}

/* The HCA flips the owner bit each time it goes round. */
static struct eqe *next_entry(struct up_eq *eq)
{
	u32 size = 1u << eq->log_size;
	struct eqe *eqe = &eq->ring[eq->consumer & (size - 1)];
	u8 lap = !!(eq->consumer & size);

	return (READ_ONCE(eqe->owner) & EQE_OWNER) == lap ? eqe : NULL;
}

static void handle(struct up_dev *dev, const struct eqe *eqe)
{
	struct up_cq *cq;

	if (eqe->type != EQE_COMPLETION)
		return;
	cq = xa_load(&dev->cqs, be32_to_cpu(eqe->data[6]) & CQN_MASK);
	if (cq && cq->ibcq.comp_handler)
		cq->ibcq.comp_handler(&cq->ibcq, cq->ibcq.cq_context);
}

static irqreturn_t interrupt(int irq, void *data)
{
	struct up_eq *eq = data;
	struct eqe *eqe;
	unsigned int n;

	/* What is left after a batch fires again at once when this is armed. */
	for (n = 0; n < BATCH && (eqe = next_entry(eq)); n++) {
		dma_rmb();	/* the owner bit before the rest */
		handle(eq->dev, eqe);
		eq->consumer++;
	}
	arm(eq);
	return IRQ_HANDLED;
}

void up_eq_synchronize(struct up_eq *eq)
{
	synchronize_irq(pci_irq_vector(eq->dev->pdev, eq->vector));
}

bool up_eq_take(struct up_eq *eq)
{
	return atomic_add_unless(&eq->room, -1, 0);
}

void up_eq_give(struct up_eq *eq)
{
	atomic_inc(&eq->room);
}

/*
 * An armed CQ has at most one event here: with no more CQs than there is room
 * for, the ring never overflows. All CQs may be on one of few vectors; on many,
 * each takes twice its share.
 */
static int create_ring(struct up_eq *eq, u32 n_eqs)
{
	u32 share = min(eq->dev->caps.max_cq, DIV_ROUND_UP(2 * eq->dev->caps.max_cq, n_eqs));
	u32 i;

	eq->log_size = clamp_t(u32, order_base_2(share + BATCH), LOG_MIN, LOG_MAX);
	atomic_set(&eq->room, (1u << eq->log_size) - BATCH);
	eq->ring = kvcalloc(1u << eq->log_size, sizeof(*eq->ring), GFP_KERNEL);
	if (!eq->ring)
		return -ENOMEM;
	for (i = 0; i < 1u << eq->log_size; i++)
		eq->ring[i].owner = EQE_OWNER;
	return 0;
}

static int command_create(struct up_eq *eq)
{
	struct up_create_eq in = {
		.log_size = cpu_to_le32(eq->log_size),
		.vector = cpu_to_le32(eq->vector),
		.uar = cpu_to_le32(eq->dev->uar->number),
	};
	struct up_page_list list;
	int err;

	err = up_pages_of_kernel(eq->dev, eq->ring, sizeof(*eq->ring) << eq->log_size, &list);
	if (err)
		return err;
	in.ring = list.wire;
	err = up_command_create(eq->dev, UP_CREATE_EQ, &in, sizeof(in), &eq->eqn);
	up_pages_free(&list);
	return err;
}

static void free_ring(struct up_eq *eq, int unsure)
{
	if (unsure)
		up_mem_abandon(eq->dev);
	else
		kvfree(eq->ring);
}

static int create(struct up_dev *dev, u32 vector, u32 n_eqs, struct up_eq **out)
{
	struct up_eq *eq;
	int err;

	eq = kzalloc(sizeof(*eq), GFP_KERNEL);
	if (!eq)
		return -ENOMEM;
	eq->dev = dev;
	eq->vector = vector;
	snprintf(eq->name, sizeof(eq->name), "underpass-comp%u@%s", vector - 1,
		 pci_name(dev->pdev));
	err = create_ring(eq, n_eqs);
	if (err)
		goto free;
	err = command_create(eq);
	if (err) {
		free_ring(eq, up_command_unsure(dev, err));
		goto free;
	}
	err = up_pci_request_irq(dev, vector, interrupt, eq->name, eq);
	if (err) {
		free_ring(eq, up_command_destroy(dev, UP_DESTROY_EQ, eq->eqn));
		goto free;
	}
	arm(eq);
	*out = eq;
	return 0;

free:
	kfree(eq);
	return err;
}

static void destroy(struct up_eq *eq)
{
	up_pci_free_irq(eq->dev, eq->vector, eq);
	free_ring(eq, up_command_destroy(eq->dev, UP_DESTROY_EQ, eq->eqn));
	kfree(eq);
}

int up_eqs_create(struct up_dev *dev)
{
	u32 n = min(dev->vectors - 1, dev->caps.max_eq);
	int err;

	if (!n)
		return -ENODEV;
	dev->eqs = kcalloc(n, sizeof(dev->eqs[0]), GFP_KERNEL);
	if (!dev->eqs)
		return -ENOMEM;
	for (; dev->n_eqs < n; dev->n_eqs++) {
		err = create(dev, dev->n_eqs + 1, n, &dev->eqs[dev->n_eqs]);
		if (err)
			goto undo;
	}
	return 0;

undo:
	up_eqs_destroy(dev);
	return err;
}

void up_eqs_destroy(struct up_dev *dev)
{
	while (dev->n_eqs)
		destroy(dev->eqs[--dev->n_eqs]);
	kfree(dev->eqs);
}
