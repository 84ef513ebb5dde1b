// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the end of a device that does not work any more: who is told, and when
 * its memory is free again. Must never know what was under way.
 */
#include "channel.h"
#include "pci.h"
#include "recover.h"
#include "underpass.h"

static bool step_down(struct up_dev *dev, enum up_life to)
{
	unsigned long flags;
	bool moved;

	spin_lock_irqsave(&dev->channel.lock, flags);
	moved = dev->life < to;
	if (moved)
		WRITE_ONCE(dev->life, to);
	spin_unlock_irqrestore(&dev->channel.lock, flags);
	return moved;
}

void up_fail(struct up_dev *dev, const char *why)
{
	if (!step_down(dev, UP_LOST))
		return;
	if (why)
		dev_err(&dev->pdev->dev, "%s; it takes no more commands\n", why);
	dev->recover = why;
	up_channel_abort(dev);
	schedule_work(&dev->fatal_work);
}

static void fatal_work(struct work_struct *work)
{
	struct up_dev *dev = container_of(work, struct up_dev, fatal_work);

	if (up_pci_reset(dev))
		dev_err(&dev->pdev->dev,
			"the reset is not confirmed; memory that the HCA may use stays pinned\n");
	else
		step_down(dev, UP_GONE);
	complete_all(&dev->settled);
	up_event_tell(dev, IB_EVENT_DEVICE_FATAL);
	if (dev->recover)
		up_recover(dev->pdev);
}

void up_fatal_init(struct up_dev *dev)
{
	INIT_WORK(&dev->fatal_work, fatal_work);
	init_completion(&dev->settled);
}

/* Not flush_work(): who is woken by the abort may come before the work is queued. */
enum up_life up_fatal_settle(struct up_dev *dev)
{
	wait_for_completion(&dev->settled);
	return READ_ONCE(dev->life);
}
