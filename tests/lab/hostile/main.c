// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the module's life: it takes the device's place in the driver core and lets
 * a thread do the rest. Must never know what that does.
 */
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "device.h"

static ulong seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of all that is drawn by chance (1)");

static ulong count = 1000000;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "attacks to make (1000000)");

static atomic_t devices;		/* one at a time: there is one set of figures */

static int work(void *data)
{
	hostile_rounds(data);
	return 0;
}

static int start(struct hostile *h)
{
	h->worker = kthread_create(work, h, "hostile");
	if (IS_ERR(h->worker))
		return PTR_ERR(h->worker);
	get_task_struct(h->worker);	/* it may end before it is stopped */
	wake_up_process(h->worker);
	return 0;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct hostile *h;
	int err = -EBUSY;

	if (atomic_inc_return(&devices) != 1)
		goto leave;
	err = -ENOMEM;
	h = kvzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		goto leave;
	h->pdev = pdev;
	figures.seed = seed;
	figures.count = count;
	chance_init(&h->chance, seed);
	pci_set_drvdata(pdev, h);
	err = device_open(h);
	if (err)
		goto free;
	world_init(h);
	err = start(h);
	if (err)
		goto close;
	return 0;

close:
	world_fini(h);
	device_close(h, true);
free:
	kvfree(h);
leave:
	atomic_dec(&devices);
	return err;
}

static void remove(struct pci_dev *pdev)
{
	struct hostile *h = pci_get_drvdata(pdev);

	kthread_stop(h->worker);
	put_task_struct(h->worker);
	world_fini(h);
	device_close(h, !device_reset(h));
	kvfree(h);
	atomic_dec(&devices);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(UP_PCI_VENDOR, UP_PCI_DEVICE) },
	{}
};

static struct pci_driver hostile_driver = {
	.name = "hostile",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};

static int __init hostile_init(void)
{
	int err = figures_show();

	if (err)
		return err;
	err = pci_register_driver(&hostile_driver);
	if (err)
		figures_hide();
	return err;
}
module_init(hostile_init);

static void __exit hostile_exit(void)
{
	pci_unregister_driver(&hostile_driver);
	figures_hide();
}
module_exit(hostile_exit);

MODULE_DESCRIPTION("Hostile guest of an Underpass device: a test");
MODULE_LICENSE("Dual BSD/GPL");
