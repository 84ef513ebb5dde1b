// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns configuration space and the MSI-X table: what a guest may do to them, and
 * what becomes of the device then. Must never know commands.
 */
#include <linux/delay.h>
#include <linux/sizes.h>

#include "device.h"
#include "template.h"

enum { READS = 32, POKES = 16, COMMANDS = 16, SETTLE_MS = 5000 };

static void fire_some(struct hostile *h)
{
	const struct template *t;
	struct up_slot *s;
	unsigned int i;

	for (i = 0; i < COMMANDS; i++) {
		s = ring_take(h);
		if (!s)
			return;
		t = template_any(h);
		template_fill(h, t, s);
		/* Each completion raises vector 0. */
		WRITE_ONCE(h->ring.up->complete_wake, cpu_to_le32(h->ring.seen + 1));
		ring_fire(h, s, t->opcode, t->length, MAY, NULL);
	}
}

/* The device may not be ready after this: it may not reach the guest's memory. */
static void expect_reset(struct hostile *h, const char *what)
{
	u32 status;

	device_await(h, UP_STATUS_RESETTING, SETTLE_MS);
	status = device_read(h, UP_REG_STATUS);
	figures_fired(1);
	figures.resets++;
	if (status != UP_STATUS_RESET)
		figures_breach("%s left the device in status %u", what, status);
	ring_give_up(h);
}

static void bus_master_off(struct hostile *h)
{
	fire_some(h);
	pci_clear_master(h->pdev);
	expect_reset(h, "bus mastering off");
	pci_set_master(h->pdev);
}

static void function_reset(struct hostile *h)
{
	if (pcie_reset_flr(h->pdev, PCI_RESET_PROBE))
		return;
	fire_some(h);
	pci_save_state(h->pdev);
	pcie_flr(h->pdev);
	pci_restore_state(h->pdev);
	pci_set_master(h->pdev);
	expect_reset(h, "a function level reset");
}

static void read_anywhere(struct hostile *h)
{
	u16 vendor, device;
	unsigned int i;
	u32 value;
	u8 byte;

	for (i = 0; i < READS; i++) {
		pci_read_config_dword(h->pdev, chance_below(&h->chance, SZ_4K / 4) * 4, &value);
		pci_read_config_byte(h->pdev, chance_below(&h->chance, SZ_4K), &byte);
		figures_fired(2);
	}
	/* Read-only to the last bit. */
	pci_write_config_dword(h->pdev, PCI_VENDOR_ID, chance_u64(&h->chance));
	pci_write_config_dword(h->pdev, PCI_CLASS_REVISION, chance_u64(&h->chance));
	pci_write_config_dword(h->pdev, PCI_SUBSYSTEM_VENDOR_ID, chance_u64(&h->chance));
	figures_fired(3);
	pci_read_config_word(h->pdev, PCI_VENDOR_ID, &vendor);
	pci_read_config_word(h->pdev, PCI_DEVICE_ID, &device);
	if (vendor != UP_PCI_VENDOR || device != UP_PCI_DEVICE)
		figures_breach("the device became %04x:%04x", vendor, device);
}

/*
 * Entries change while vectors are raised. A message goes where its entry says, so
 * that none may say anything but a page that is ours for that.
 */
static void poke_table(struct hostile *h)
{
	u32 n = chance_below(&h->chance, h->irqs), old[4];
	void __iomem *entry = h->control + UP_MSIX_TABLE + n * PCI_MSIX_ENTRY_SIZE;
	u64 landing = memory_list_gpa(h, 0, 1);
	unsigned int i;

	for (i = 0; i < 4; i++)
		old[i] = readl(entry + 4 * i);
	for (i = 0; i < POKES; i++) {
		writel(PCI_MSIX_ENTRY_CTRL_MASKBIT, entry + PCI_MSIX_ENTRY_VECTOR_CTRL);
		writel(lower_32_bits(landing) + 4 * chance_below(&h->chance, 64),
		       entry + PCI_MSIX_ENTRY_LOWER_ADDR);
		writel(upper_32_bits(landing), entry + PCI_MSIX_ENTRY_UPPER_ADDR);
		writel(chance_u64(&h->chance), entry + PCI_MSIX_ENTRY_DATA);
		writel(chance_below(&h->chance, 2), entry + PCI_MSIX_ENTRY_VECTOR_CTRL);
		writel(chance_u64(&h->chance), h->control + UP_MSIX_PBA + 8 * (i % 2));
		figures_fired(6);
		if (i % 4 == 0)
			fire_some(h);
	}
	writel(PCI_MSIX_ENTRY_CTRL_MASKBIT, entry + PCI_MSIX_ENTRY_VECTOR_CTRL);
	for (i = 0; i < 4; i++)
		writel(old[i], entry + 4 * i);
	ring_drain(h);
}

void attack_config(struct hostile *h)
{
	static void (*const ways[])(struct hostile *h) = {
		read_anywhere, poke_table, bus_master_off, function_reset,
	};
	unsigned int i;

	for (i = 0; i < 3 && !hostile_over(h); i++)
		ways[chance_below(&h->chance, ARRAY_SIZE(ways))](h);
}
