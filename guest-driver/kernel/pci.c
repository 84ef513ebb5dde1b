// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the PCI device: registers, reset, start, vectors (abi/device.h). Must
 * never know commands or verbs.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>

#include "pci.h"

enum {
	RESET_S = 30,
	START_S = 5,
};

static int check_identity(struct up_dev *dev)
{
	u32 magic = up_pci_read(dev, UP_REG_MAGIC);
	u32 version = up_pci_read(dev, UP_REG_VERSION);

	if (magic != UP_MAGIC) {
		dev_err(&dev->pdev->dev, "no paravirtual HCA: magic %#x\n", magic);
		return -ENODEV;
	}
	if (version != UP_ABI_VERSION) {
		dev_err(&dev->pdev->dev, "the host offers version %u, this driver knows %u\n",
			version, UP_ABI_VERSION);
		return -ENODEV;
	}
	dev->uar_pages = up_pci_read(dev, UP_REG_UAR_PAGES);
	if (!dev->uar_pages ||
	    dev->uar_pages > pci_resource_len(dev->pdev, UP_BAR_UAR) / UP_PAGE) {
		dev_err(&dev->pdev->dev, "%u UAR pages do not fit the BAR\n", dev->uar_pages);
		return -ENODEV;
	}
	return 0;
}

static int alloc_vectors(struct up_dev *dev)
{
	u32 offered = up_pci_read(dev, UP_REG_VECTORS);
	int n;

	if (offered < 2) {
		dev_err(&dev->pdev->dev, "%u vectors are too few\n", offered);
		return -ENODEV;
	}
	n = pci_alloc_irq_vectors(dev->pdev, 2, min(offered, num_online_cpus() + 1), PCI_IRQ_MSIX);
	if (n < 0)
		return n;
	dev->vectors = n;
	return 0;
}

int up_pci_open(struct up_dev *dev)
{
	struct pci_dev *pdev = dev->pdev;
	int err;

	err = pci_enable_device_mem(pdev);
	if (err)
		return err;
	err = pci_request_regions(pdev, "underpass");
	if (err)
		goto disable;
	dev->control = pci_iomap_range(pdev, UP_BAR_CONTROL, 0, UP_MSIX_TABLE);
	if (!dev->control) {
		err = -ENOMEM;
		goto release;
	}
	err = check_identity(dev);
	if (err)
		goto unmap;
	err = alloc_vectors(dev);
	if (err)
		goto unmap;
	pci_set_master(pdev);
	return 0;

unmap:
	pci_iounmap(pdev, dev->control);
release:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
	return err;
}

void up_pci_close(struct up_dev *dev)
{
	pci_clear_master(dev->pdev);
	pci_free_irq_vectors(dev->pdev);
	pci_iounmap(dev->pdev, dev->control);
	pci_release_regions(dev->pdev);
	pci_disable_device(dev->pdev);
}

/* Wait until the status is no longer @passing. Return: what it is then. */
static u32 await_status(struct up_dev *dev, u32 passing, unsigned int seconds)
{
	unsigned long end = jiffies + seconds * HZ;
	unsigned int pause = 100;
	u32 status;

	while ((status = up_pci_read(dev, UP_REG_STATUS)) == passing) {
		if (time_after(jiffies, end))
			break;
		usleep_range(pause, 2 * pause);
		pause = min(2 * pause, 20000u);
	}
	return status;
}

int up_pci_reset(struct up_dev *dev)
{
	u32 status;

	up_pci_write(dev, UP_REG_STATUS, UP_STATUS_RESET);
	status = await_status(dev, UP_STATUS_RESETTING, RESET_S);
	return status == UP_STATUS_RESET ? 0 : -ETIMEDOUT;
}

int up_pci_start(struct up_dev *dev)
{
	u64 gpa = virt_to_phys(dev->channel.ring);
	u32 status;

	up_pci_write(dev, UP_REG_DRIVER_FEATURES,
		     up_pci_read(dev, UP_REG_FEATURES) & UP_FEATURES_KNOWN);
	up_pci_write(dev, UP_REG_RING_LOW, lower_32_bits(gpa));
	up_pci_write(dev, UP_REG_RING_HIGH, upper_32_bits(gpa));
	up_pci_write(dev, UP_REG_STATUS, UP_STATUS_READY);
	status = await_status(dev, UP_STATUS_RESET, START_S);
	if (status == UP_STATUS_READY)
		return 0;
	dev_err(&dev->pdev->dev, "the host does not start the device: status %u\n", status);
	return status == UP_STATUS_RESET ? -ETIMEDOUT : -EIO;
}

int up_pci_request_irq(struct up_dev *dev, u32 vector, irq_handler_t handler, const char *name,
		       void *data)
{
	return request_irq(pci_irq_vector(dev->pdev, vector), handler, 0, name, data);
}

void up_pci_free_irq(struct up_dev *dev, u32 vector, void *data)
{
	free_irq(pci_irq_vector(dev->pdev, vector), data);
}

phys_addr_t up_pci_uar_address(struct up_dev *dev, u32 page)
{
	return pci_resource_start(dev->pdev, UP_BAR_UAR) + (phys_addr_t)page * UP_PAGE;
}
