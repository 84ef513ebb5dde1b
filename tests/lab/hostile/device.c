// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the device's registers and its life. Must never know commands.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>

#include "device.h"

enum { RESET_MS = 30000, START_MS = 5000 };

/* Nothing waits for one: completions and events are looked for. */
static irqreturn_t interrupt(int irq, void *data)
{
	atomic64_inc(&figures.interrupts);
	return IRQ_HANDLED;
}

static void free_vectors(struct hostile *h)
{
	while (h->irqs)
		free_irq(pci_irq_vector(h->pdev, --h->irqs), h);
	pci_free_irq_vectors(h->pdev);
}

static int alloc_vectors(struct hostile *h)
{
	int n = pci_alloc_irq_vectors(h->pdev, 1, h->vectors, PCI_IRQ_MSIX);
	int err;

	if (n < 0)
		return n;
	for (; h->irqs < n; h->irqs++) {
		err = request_irq(pci_irq_vector(h->pdev, h->irqs), interrupt, 0, "hostile", h);
		if (err) {
			free_vectors(h);
			return err;
		}
	}
	return 0;
}

static int map(struct hostile *h)
{
	h->uar_bytes = pci_resource_len(h->pdev, UP_BAR_UAR);
	h->control = pci_iomap(h->pdev, UP_BAR_CONTROL, 0);
	if (!h->control)
		return -ENOMEM;
	h->uars = pci_iomap(h->pdev, UP_BAR_UAR, 0);
	if (h->uars)
		return 0;
	pci_iounmap(h->pdev, h->control);
	return -ENOMEM;
}

static void unmap(struct hostile *h)
{
	pci_iounmap(h->pdev, h->uars);
	pci_iounmap(h->pdev, h->control);
}

/* What stands in the registers for ever. */
static int learn(struct hostile *h)
{
	if (device_read(h, UP_REG_MAGIC) != UP_MAGIC ||
	    device_read(h, UP_REG_VERSION) != UP_ABI_VERSION)
		return -ENODEV;
	h->uar_pages = device_read(h, UP_REG_UAR_PAGES);
	h->vectors = device_read(h, UP_REG_VECTORS);
	return h->uar_pages && h->vectors >= 2 ? 0 : -ENODEV;
}

int device_open(struct hostile *h)
{
	int err = pci_enable_device_mem(h->pdev);

	if (err)
		return err;
	err = pci_request_regions(h->pdev, "hostile");
	if (err)
		goto disable;
	err = map(h);
	if (err)
		goto release;
	err = learn(h);
	if (err)
		goto unmap;
	err = memory_alloc(h);
	if (err)
		goto unmap;
	err = ring_alloc(h);
	if (err)
		goto free_memory;
	err = alloc_vectors(h);
	if (err)
		goto free_ring;
	pci_set_master(h->pdev);
	return 0;

free_ring:
	ring_free(h);
free_memory:
	memory_free(h);
unmap:
	unmap(h);
release:
	pci_release_regions(h->pdev);
disable:
	pci_disable_device(h->pdev);
	return err;
}

void device_close(struct hostile *h, bool confirmed)
{
	pci_clear_master(h->pdev);
	free_vectors(h);
	if (confirmed) {
		ring_free(h);
		memory_free(h);
	}
	unmap(h);
	pci_release_regions(h->pdev);
	pci_disable_device(h->pdev);
}

u32 device_await(const struct hostile *h, u32 passing, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	unsigned int pause = 100;
	u32 status;

	while ((status = device_read(h, UP_REG_STATUS)) == passing) {
		if (time_after(jiffies, end))
			break;
		usleep_range(pause, 2 * pause);
		pause = min(2 * pause, 10000u);
	}
	return status;
}

int device_reset(struct hostile *h)
{
	figures.resets++;
	device_write(h, UP_REG_STATUS, UP_STATUS_RESET);
	if (device_await(h, UP_STATUS_RESETTING, RESET_MS) == UP_STATUS_RESET)
		return 0;
	figures_unexpected("the reset is not confirmed: status %u",
			   device_read(h, UP_REG_STATUS));
	return -ETIMEDOUT;
}

u32 device_start(const struct hostile *h, u64 gpa, u32 features)
{
	device_write(h, UP_REG_DRIVER_FEATURES, features);
	device_write(h, UP_REG_RING_LOW, lower_32_bits(gpa));
	device_write(h, UP_REG_RING_HIGH, upper_32_bits(gpa));
	device_write(h, UP_REG_STATUS, UP_STATUS_READY);
	return device_await(h, UP_STATUS_RESET, START_MS);
}

int device_restart(struct hostile *h)
{
	int err = device_reset(h);

	if (err)
		return err;
	if (!ring_untouched(h))
		figures_breach("the ring was written although the reset was confirmed");
	ring_clear(h);
	if (device_start(h, h->ring.gpa, 0) == UP_STATUS_READY)
		return 0;
	figures_unexpected("the device does not start: status %u",
			   device_read(h, UP_REG_STATUS));
	return -EIO;
}
