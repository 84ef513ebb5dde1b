// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the device as the guest finds it: identity, registers,
 * status, reset. It must never know commands.
 */
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "tests/unit/pv/guest_bed.h"

static uint32_t config_read(struct guest_bed *bed, uint64_t off, size_t len)
{
	uint32_t value = 0;

	assert_int_equal(vfu_client_region_read(bed->client, VFIO_PCI_CONFIG_REGION_INDEX, off,
						&value, len), 0);
	return value;
}

static void config_write(struct guest_bed *bed, uint64_t off, uint32_t value, size_t len)
{
	assert_int_equal(vfu_client_region_write(bed->client, VFIO_PCI_CONFIG_REGION_INDEX, off,
						 &value, len), 0);
}

static void it_is_what_the_contract_says(void **state)
{
	struct guest_bed *bed = *state;

	assert_int_equal(config_read(bed, PCI_VENDOR_ID, 2), UP_PCI_VENDOR);
	assert_int_equal(config_read(bed, PCI_DEVICE_ID, 2), UP_PCI_DEVICE);
	assert_int_equal(config_read(bed, PCI_REVISION_ID, 1), UP_ABI_VERSION);
	assert_int_equal(config_read(bed, PCI_CLASS_REVISION, 4) >> 8, UP_PCI_CLASS);
	assert_int_equal(guest_bed_read(bed, UP_REG_MAGIC), UP_MAGIC);
	assert_int_equal(guest_bed_read(bed, UP_REG_VERSION), UP_ABI_VERSION);
	assert_int_equal(guest_bed_read(bed, UP_REG_FEATURES), 0);
	assert_int_equal(guest_bed_read(bed, UP_REG_UAR_PAGES), 8);
	assert_int_equal(guest_bed_read(bed, UP_REG_VECTORS), GUEST_VECTORS);
	assert_int_equal(guest_bed_read(bed, UP_REG_KICK), 0);
	assert_int_equal(guest_bed_read(bed, UP_REG_SIZE), 0);
}

static void bars_tell_their_sizes(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int uar = PCI_BASE_ADDRESS_0 + 4 * UP_BAR_UAR;
	struct vfu_region_info info;

	config_write(bed, PCI_BASE_ADDRESS_0, ~0u, 4);
	assert_int_equal(config_read(bed, PCI_BASE_ADDRESS_0, 4), ~(UP_CONTROL_SIZE - 1u));
	config_write(bed, uar, ~0u, 4);
	config_write(bed, uar + 4, ~0u, 4);
	assert_int_equal(vfu_client_region_info(bed->client, UP_BAR_UAR, &info, NULL, NULL, NULL),
			 0);
	assert_true(info.size >= 8 * UP_PAGE);
	assert_int_equal(config_read(bed, uar, 4), (~(uint32_t)(info.size - 1)) |
			 PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	assert_int_equal(config_read(bed, uar + 4, 4), ~0u);
	config_write(bed, PCI_VENDOR_ID, 0, 4);
	assert_int_equal(config_read(bed, PCI_VENDOR_ID, 2), UP_PCI_VENDOR);
}

/* Down the list, with an end. */
static unsigned int find_capability(struct guest_bed *bed, uint8_t id)
{
	unsigned int at = config_read(bed, PCI_CAPABILITY_LIST, 1), n;

	for (n = 0; at && n < 16; n++) {
		if (config_read(bed, at, 1) == id)
			return at;
		at = config_read(bed, at + 1, 1);
	}
	assert_true(n < 16);
	return 0;
}

static void msix_is_in_the_control_bar(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int at = find_capability(bed, PCI_CAP_ID_MSIX);
	struct vfu_irq_info irq;

	assert_int_not_equal(at, 0);
	assert_int_equal(config_read(bed, at + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE,
			 GUEST_VECTORS - 1);
	assert_int_equal(config_read(bed, at + PCI_MSIX_TABLE, 4), UP_MSIX_TABLE);
	assert_int_equal(config_read(bed, at + PCI_MSIX_PBA, 4), UP_MSIX_PBA);
	assert_int_equal(vfu_client_irq_info(bed->client, VFIO_PCI_MSIX_IRQ_INDEX, &irq), 0);
	assert_int_equal(irq.count, GUEST_VECTORS);
	assert_int_not_equal(find_capability(bed, PCI_CAP_ID_EXP), 0);
	assert_int_not_equal(find_capability(bed, PCI_CAP_ID_PM), 0);
}

static void other_widths_read_as_zero_and_are_not_written(void **state)
{
	struct guest_bed *bed = *state;
	uint64_t wide = ~0ull;
	uint8_t byte = 0xff;

	assert_int_equal(vfu_client_region_read(bed->client, 0, UP_REG_MAGIC, &wide, 8), 0);
	assert_int_equal(wide, 0);
	assert_int_equal(vfu_client_region_read(bed->client, 0, UP_REG_MAGIC, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(vfu_client_region_write(bed->client, 0, UP_REG_STATUS, &wide, 8), 0);
	assert_int_equal(vfu_client_region_write(bed->client, 0, UP_REG_STATUS, &byte, 1), 0);
	assert_int_equal(vfu_client_region_write(bed->client, 0, UP_REG_STATUS + 2, &wide, 4), 0);
	assert_int_equal(guest_bed_read(bed, UP_REG_STATUS), UP_STATUS_READY);
	wide = ~0ull;
	assert_int_equal(vfu_client_region_read(bed->client, UP_BAR_UAR, 0x20, &wide, 8), 0);
	assert_int_equal(wide, 0);
}

static void what_was_negotiated_is_fixed_while_ready(void **state)
{
	struct guest_bed *bed = *state;

	guest_bed_write(bed, UP_REG_DRIVER_FEATURES, 1);
	guest_bed_write(bed, UP_REG_RING_LOW, 0);
	guest_bed_write(bed, UP_REG_RING_HIGH, 7);
	assert_int_equal(guest_bed_read(bed, UP_REG_DRIVER_FEATURES), 0);
	assert_int_equal(guest_bed_read(bed, UP_REG_RING_LOW), (uint32_t)bed->ring_gpa);
	assert_int_equal(guest_bed_read(bed, UP_REG_RING_HIGH), 0);
	guest_bed_write(bed, UP_REG_STATUS, UP_STATUS_READY);
	guest_bed_write(bed, UP_REG_STATUS, UP_STATUS_FAILED);
	guest_bed_write(bed, UP_REG_STATUS, 77);
	assert_int_equal(guest_bed_read(bed, UP_REG_STATUS), UP_STATUS_READY);
}

static void expect_refused(struct guest_bed *bed, uint32_t features, uint64_t ring)
{
	guest_bed_stop(bed);
	guest_bed_write(bed, UP_REG_DRIVER_FEATURES, features);
	guest_bed_write(bed, UP_REG_RING_LOW, (uint32_t)ring);
	guest_bed_write(bed, UP_REG_RING_HIGH, (uint32_t)(ring >> 32));
	guest_bed_write(bed, UP_REG_STATUS, UP_STATUS_READY);
	assert_int_equal(guest_bed_read(bed, UP_REG_STATUS), UP_STATUS_REFUSED);
	guest_bed_write(bed, UP_REG_KICK, 1);
}

static void what_cannot_be_is_refused(void **state)
{
	struct guest_bed *bed = *state;

	expect_refused(bed, 1, bed->ring_gpa);
	expect_refused(bed, 0x80000000, bed->ring_gpa);
	expect_refused(bed, 0, bed->ring_gpa + 64);
	expect_refused(bed, 0, 0);
	expect_refused(bed, 0, GUEST_LOW + GUEST_REGION - UP_PAGE);
	expect_refused(bed, 0, GUEST_ROM);
	expect_refused(bed, 0, -4096ull);
	guest_bed_start(bed);
}

static void it_can_be_started_again_and_again(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		guest_bed_start(bed);
		assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
	}
}

static void a_hypervisor_reset_forgets_everything(void **state)
{
	struct guest_bed *bed = *state;

	config_write(bed, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
	assert_int_equal(vfu_client_reset(bed->client), 0);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
	assert_int_equal(config_read(bed, PCI_COMMAND, 2), 0);
	assert_int_equal(guest_bed_read(bed, UP_REG_RING_LOW), 0);
	guest_bed_start(bed);
}

static void losing_bus_mastership_is_a_reset(void **state)
{
	struct guest_bed *bed = *state;

	config_write(bed, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
	assert_int_equal(guest_bed_read(bed, UP_REG_STATUS), UP_STATUS_READY);
	config_write(bed, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
	guest_bed_start(bed);
}

/* As the device offers it, and as a kernel that does not know the device does it. */
static void a_function_level_reset_is_one(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int at = find_capability(bed, PCI_CAP_ID_EXP);
	unsigned int control = at + PCI_EXP_DEVCTL;

	assert_true(config_read(bed, at + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	config_write(bed, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY, 2);
	config_write(bed, control, PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_RELAX_EN, 2);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
	assert_int_equal(config_read(bed, PCI_COMMAND, 2), 0);
	assert_int_equal(config_read(bed, control, 2) & PCI_EXP_DEVCTL_BCR_FLR, 0);
	assert_int_equal(guest_bed_read(bed, UP_REG_RING_LOW), 0);
	guest_bed_start(bed);
	config_write(bed, control + 1, PCI_EXP_DEVCTL_BCR_FLR >> 8, 1);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
	guest_bed_start(bed);
	config_write(bed, control, PCI_EXP_DEVCTL_RELAX_EN, 2);
	assert_int_equal(guest_bed_read(bed, UP_REG_STATUS), UP_STATUS_READY);
}

static void the_next_guest_finds_it_new(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		guest_bed_detach(bed);
		guest_bed_attach(bed);
		guest_bed_wait_status(bed, UP_STATUS_RESET);
		assert_int_equal(guest_bed_read(bed, UP_REG_RING_LOW), 0);
		guest_bed_start(bed);
	}
}

static void one_that_nobody_uses_comes_and_goes(void **state)
{
	struct guest_bed *bed = *state;

	guest_bed_detach(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(it_is_what_the_contract_says),
		in_guest(bars_tell_their_sizes),
		in_guest(msix_is_in_the_control_bar),
		in_guest(other_widths_read_as_zero_and_are_not_written),
		in_guest(what_was_negotiated_is_fixed_while_ready),
		in_guest(what_cannot_be_is_refused),
		in_guest(it_can_be_started_again_and_again),
		in_guest(a_hypervisor_reset_forgets_everything),
		in_guest(losing_bus_mastership_is_a_reset),
		in_guest(a_function_level_reset_is_one),
		in_guest(the_next_guest_finds_it_new),
		in_guest(one_that_nobody_uses_comes_and_goes),
	};

	return cmocka_run_group_tests_name("paravirtual device", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
