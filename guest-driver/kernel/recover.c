// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the second life of a device that was lost: it is bound anew. Must never
 * know why it was lost.
 *
 * Attempts belong to the module, not to the device, which does not survive them.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "recover.h"

enum { ATTEMPTS = 5 };		/* after 1, 2, 4 ... seconds */

struct recovery {
	struct work_struct work;
	struct pci_dev *pdev;
};

static struct workqueue_struct *queue;
static DECLARE_WAIT_QUEUE_HEAD(closing_wait);
static bool closing;

static void recover(struct work_struct *work)
{
	struct recovery *recovery = container_of(work, struct recovery, work);
	struct device *device = &recovery->pdev->dev;
	unsigned int n;

	/* It may fail: the host may need longer to get its HCA back. */
	for (n = 0; n < ATTEMPTS; n++) {
		if (wait_event_timeout(closing_wait, READ_ONCE(closing), HZ << n))
			break;
		if (device_reprobe(device))
			dev_dbg(device, "cannot be probed\n");
		if (device->driver)
			break;
	}
	pci_dev_put(recovery->pdev);
	kfree(recovery);
}

void up_recover(struct pci_dev *pdev)
{
	struct recovery *recovery = kzalloc(sizeof(*recovery), GFP_KERNEL);

	if (!recovery)
		return;
	recovery->pdev = pci_dev_get(pdev);
	INIT_WORK(&recovery->work, recover);
	queue_work(queue, &recovery->work);
}

int up_recover_init(void)
{
	queue = alloc_workqueue("underpass", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

void up_recover_exit(void)
{
	WRITE_ONCE(closing, true);
	wake_up_all(&closing_wait);
	destroy_workqueue(queue);
}
