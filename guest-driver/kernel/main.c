// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of the driver: probe as one ladder, remove as its mirror. Must
 * never know what any step does.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "channel.h"
#include "clock.h"
#include "eq.h"
#include "pci.h"
#include "port.h"
#include "recover.h"
#include "uar.h"
#include "verbs.h"

/* Vector 0: the ring and the events; with neither, the device itself. */
static irqreturn_t ring_interrupt(int irq, void *data)
{
	struct up_dev *dev = data;
	bool completions = up_channel_interrupt(dev);
	bool events = up_event_interrupt(dev);

	if (!completions && !events && up_pci_read(dev, UP_REG_STATUS) == UP_STATUS_FAILED)
		up_fail(dev, "the HCA is lost");
	return IRQ_HANDLED;
}

static int own_uar(struct up_dev *dev)
{
	int err;

	err = up_uar_alloc(dev, &dev->uar);
	if (err)
		return err;
	dev->doorbells = ioremap(up_pci_uar_address(dev, dev->uar->page), UP_PAGE);
	if (dev->doorbells)
		return 0;
	up_uar_put(dev->uar);
	return -ENOMEM;
}

static void disown_uar(struct up_dev *dev)
{
	iounmap(dev->doorbells);
	up_uar_put(dev->uar);
}

/* What needs the ring: everything above it. */
static int bring_up(struct up_dev *dev)
{
	int err;

	err = up_device_query_caps(dev);
	if (err)
		return err;
	err = up_port_init(dev);
	if (err)
		return err;
	err = own_uar(dev);
	if (err)
		goto exit_port;
	err = up_eqs_create(dev);
	if (err)
		goto free_uar;
	err = up_clock_start(dev);
	if (err)
		goto destroy_eqs;
	err = up_device_register(dev);
	if (err)
		goto stop_clock;
	err = up_devlink_register(dev);
	if (err)
		goto unregister;
	return 0;

unregister:
	up_device_unregister(dev);
stop_clock:
	up_clock_stop(dev);
destroy_eqs:
	up_eqs_destroy(dev);
free_uar:
	disown_uar(dev);
exit_port:
	up_port_exit(dev);
	return err;
}

static void bring_down(struct up_dev *dev)
{
	up_devlink_unregister(dev);
	up_device_unregister(dev);
	up_clock_stop(dev);
	up_eqs_destroy(dev);
	disown_uar(dev);
	up_port_exit(dev);
}

static void init(struct up_dev *dev, struct pci_dev *pdev)
{
	dev->pdev = pdev;
	snprintf(dev->ring_name, sizeof(dev->ring_name), "underpass-ring@%s", pci_name(pdev));
	mutex_init(&dev->port.lock);
	xa_init(&dev->cqs);
	xa_init(&dev->qps);
	xa_init(&dev->srqs);
	up_fatal_init(dev);
	up_event_init(dev);
}

/* Ring, its vector, and the device ready to take commands. */
static int start(struct up_dev *dev)
{
	int err;

	err = up_channel_alloc(dev);
	if (err)
		return err;
	err = up_pci_request_irq(dev, 0, ring_interrupt, dev->ring_name, dev);
	if (err)
		goto free_channel;
	err = up_pci_start(dev);
	if (err)
		goto free_irq;
	return 0;

free_irq:
	up_pci_free_irq(dev, 0, dev);
free_channel:
	up_channel_free(dev);
	return err;
}

/* Last of all the ring goes, and only when the device let go of it. */
static void stop(struct up_dev *dev)
{
	bool confirmed;

	up_pci_free_irq(dev, 0, dev);
	cancel_work_sync(&dev->event_work);
	flush_work(&dev->fatal_work);
	confirmed = !up_pci_reset(dev);
	if (confirmed)
		up_channel_free(dev);
	else
		dev_err(&dev->pdev->dev, "the reset is not confirmed; the ring's memory is not reused\n");
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct up_dev *dev;
	int err;

	dev = ib_alloc_device(up_dev, ibdev);
	if (!dev)
		return -ENOMEM;
	init(dev, pdev);
	pci_set_drvdata(pdev, dev);
	err = up_pci_open(dev);
	if (err)
		goto dealloc;
	err = up_pci_reset(dev);
	if (err)
		goto close;
	err = start(dev);
	if (err)
		goto close;
	err = bring_up(dev);
	if (err)
		goto stop;
	return 0;

stop:
	stop(dev);
close:
	up_pci_close(dev);
dealloc:
	ib_dealloc_device(&dev->ibdev);
	return dev_err_probe(&pdev->dev, err, "no RDMA device from this HCA\n");
}

static void remove(struct pci_dev *pdev)
{
	struct up_dev *dev = pci_get_drvdata(pdev);

	bring_down(dev);
	stop(dev);
	up_pci_close(dev);
	ib_dealloc_device(&dev->ibdev);
}

/* Reboot or kexec: the next kernel's memory is not the HCA's. */
static void shutdown(struct pci_dev *pdev)
{
	struct up_dev *dev = pci_get_drvdata(pdev);

	up_fail(dev, NULL);
	up_fatal_settle(dev);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(UP_PCI_VENDOR, UP_PCI_DEVICE) },
	{}
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver underpass_driver = {
	.name = "underpass",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.shutdown = shutdown,
};

static int __init underpass_init(void)
{
	int err;

	err = up_recover_init();
	if (err)
		return err;
	err = pci_register_driver(&underpass_driver);
	if (err)
		up_recover_exit();
	return err;
}
module_init(underpass_init);

static void __exit underpass_exit(void)
{
	pci_unregister_driver(&underpass_driver);
	up_recover_exit();
}
module_exit(underpass_exit);

MODULE_DESCRIPTION("Underpass paravirtual RDMA device");
MODULE_LICENSE("Dual BSD/GPL");
