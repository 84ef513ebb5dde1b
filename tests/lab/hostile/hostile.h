/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the attacker as a whole. Must never know the honest driver, nor anything
 * of the host but what the contract says (guest-driver/abi).
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <linux/kthread.h>
#include <linux/pci.h>

#include "abi/commands.h"
#include "abi/device.h"
#include "abi/ring.h"

#include "chance.h"
#include "figures.h"
#include "memory.h"
#include "ring.h"
#include "world.h"

/**
 * struct hostile - one guest's attack on its device
 * @control, @uars: BARs, whole
 * @uar_bytes, @uar_pages: of the UAR BAR; usable pages of it
 * @vectors: that the device has; @irqs: that are ours
 * @chance: the worker's
 * @worker: does it all
 */
struct hostile {
	struct pci_dev *pdev;
	void __iomem *control, *uars;
	u64 uar_bytes;
	u32 uar_pages, vectors, irqs;
	struct chance chance;
	struct memory memory;
	struct ring ring;
	struct world world;
	struct task_struct *worker;
};

/* The worker's, until it is told to stop. */
void hostile_rounds(struct hostile *h);

/* Whether there is any point in going on with this batch. */
static inline bool hostile_over(const struct hostile *h)
{
	return h->ring.over || kthread_should_stop();
}

#endif
