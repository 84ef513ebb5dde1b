// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about configuration space, over 256 bytes of memory. Must
 * never need a device.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "host-backend/hca/pci.h"
#include "host-backend/hca/transport.h"

enum { EXP = 0x60, MSIX = 0x9c };

/* A function that is nothing but its configuration space. */
static struct {
	struct hca_transport t;
	uint8_t bytes[256], fixed[256];	/* fixed: bits that cannot be written */
	int error;			/* of every access */
	unsigned int reads, writes;
} dev;

static int config_read(struct hca_transport *t, unsigned int off, unsigned int len,
		       uint32_t *value)
{
	(void)t;
	assert_true((len == 1 || len == 2 || len == 4) && !(off % len) && off + len <= 256);
	assert_true(dev.reads++ < 1000);
	*value = 0;
	memcpy(value, dev.bytes + off, len);
	return dev.error;
}

static int config_write(struct hca_transport *t, unsigned int off, unsigned int len,
			uint32_t value)
{
	unsigned int i;

	(void)t;
	assert_true((len == 1 || len == 2 || len == 4) && !(off % len) && off + len <= 256);
	dev.writes++;
	for (i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)(value >> 8 * i), fixed = dev.fixed[off + i];

		dev.bytes[off + i] = (uint8_t)((dev.bytes[off + i] & fixed) | (byte & ~fixed));
	}
	return dev.error;
}

static const struct hca_transport_ops ops = {
	.name = "memory", .config_read = config_read, .config_write = config_write,
};

static void put16(unsigned int at, uint16_t value)
{
	memcpy(dev.bytes + at, &value, sizeof(value));
}

static uint16_t get16(unsigned int at)
{
	uint16_t value;

	memcpy(&value, dev.bytes + at, sizeof(value));
	return value;
}

static int setup(void **state)
{
	(void)state;
	memset(&dev, 0, sizeof(dev));
	dev.t.ops = &ops;
	put16(PCI_VENDOR_ID, 0x15b3);
	put16(PCI_DEVICE_ID, 0x1013);
	dev.bytes[PCI_REVISION_ID] = 7;
	put16(PCI_CLASS_DEVICE, 0x0207);
	put16(PCI_STATUS, PCI_STATUS_CAP_LIST);
	dev.bytes[PCI_CAPABILITY_LIST] = MSIX;
	dev.bytes[MSIX] = PCI_CAP_ID_MSIX;
	dev.bytes[MSIX + 1] = EXP;
	dev.bytes[EXP] = PCI_CAP_ID_EXP;
	put16(EXP + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B);
	return 0;
}

static void a_function_tells_who_it_is(void **state)
{
	struct hca_pci_id id;

	(void)state;
	assert_int_equal(hca_pci_identify(&dev.t, &id), 0);
	assert_int_equal(id.vendor, 0x15b3);
	assert_int_equal(id.device, 0x1013);
	assert_int_equal(id.revision, 7);
	assert_int_equal(id.class, 0x020700);
	assert_string_equal(id.kind->name, "ConnectX-4");
	assert_false(id.kind->is_vf);
	put16(PCI_DEVICE_ID, 0x1014);
	assert_int_equal(hca_pci_identify(&dev.t, &id), 0);
	assert_true(id.kind->is_vf);
	put16(PCI_VENDOR_ID, 0x8086);
	assert_int_equal(hca_pci_identify(&dev.t, &id), 0);
	assert_null(id.kind);
}

static void every_physical_and_virtual_id_is_told_apart(void **state)
{
	static const uint16_t pf[] = { 0x1011, 0x1013, 0x1015, 0x1017, 0x1019, 0x101b, 0x101d,
				       0x101f, 0x1021, 0x1023, 0xa2d2, 0xa2d6, 0xa2dc, 0xa2df };
	static const uint16_t vf[] = { 0x1012, 0x1014, 0x1016, 0x1018, 0x101a, 0x101c, 0x101e,
				       0xa2d3 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pf) / sizeof(pf[0]); i++)
		assert_false(hca_pci_kind(0x15b3, pf[i])->is_vf);
	for (i = 0; i < sizeof(vf) / sizeof(vf[0]); i++)
		assert_true(hca_pci_kind(0x15b3, vf[i])->is_vf);
	assert_null(hca_pci_kind(0x15b3, 0x1003));	/* ConnectX-3 is another family */
	assert_null(hca_pci_kind(0x8086, 0x1013));
}

static void bus_mastering_goes_on_and_off_and_nothing_else_changes(void **state)
{
	(void)state;
	put16(PCI_COMMAND, PCI_COMMAND_SERR);
	assert_int_equal(hca_pci_bus_master(&dev.t, true), 0);
	assert_int_equal(get16(PCI_COMMAND), PCI_COMMAND_SERR | PCI_COMMAND_MASTER);
	assert_int_equal(hca_pci_bus_master(&dev.t, true), 0);
	assert_int_equal(dev.writes, 1);
	assert_int_equal(hca_pci_bus_master(&dev.t, false), 0);
	assert_int_equal(get16(PCI_COMMAND), PCI_COMMAND_SERR);
}

static void bus_mastering_that_does_not_take_is_an_error(void **state)
{
	(void)state;
	dev.fixed[PCI_COMMAND] = PCI_COMMAND_MASTER;
	assert_int_equal(hca_pci_bus_master(&dev.t, true), -EIO);
	assert_int_equal(hca_pci_silence(&dev.t), 0);
	dev.bytes[PCI_COMMAND] = PCI_COMMAND_MASTER;
	assert_int_equal(hca_pci_bus_master(&dev.t, false), -EIO);
	assert_int_equal(hca_pci_silence(&dev.t), -EIO);
}

static void a_silent_function_answers_but_does_nothing_by_itself(void **state)
{
	(void)state;
	put16(PCI_COMMAND, PCI_COMMAND_MASTER);
	assert_int_equal(hca_pci_silence(&dev.t), 0);
	assert_int_equal(get16(PCI_COMMAND), PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	/* Neither bit is there in a virtual function. */
	put16(PCI_COMMAND, PCI_COMMAND_MASTER);
	dev.fixed[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	dev.fixed[PCI_COMMAND + 1] = PCI_COMMAND_INTX_DISABLE >> 8;
	assert_int_equal(hca_pci_silence(&dev.t), 0);
	assert_int_equal(get16(PCI_COMMAND), 0);
}

static void capabilities_are_found(void **state)
{
	unsigned int at;

	(void)state;
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_MSIX, &at), 0);
	assert_int_equal(at, MSIX);
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_EXP, &at), 0);
	assert_int_equal(at, EXP);
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_PM, &at), -ENOENT);
	put16(PCI_STATUS, 0);
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_EXP, &at), -ENOENT);
}

static void a_ring_of_capabilities_is_left(void **state)
{
	unsigned int at;

	(void)state;
	dev.bytes[EXP + 1] = MSIX;
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_PM, &at), -EIO);
	dev.bytes[EXP + 1] = EXP;
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_PM, &at), -EIO);
	assert_true(dev.reads < 200);
}

static void a_list_that_leaves_its_place_is_refused(void **state)
{
	unsigned int at;

	(void)state;
	dev.bytes[EXP + 1] = 0x3c;
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_PM, &at), -EIO);
	dev.bytes[EXP + 1] = 0xff;	/* the last one that there can be, and empty */
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_PM, &at), -ENOENT);
}

static void no_snoop_goes_off_and_nothing_else_changes(void **state)
{
	(void)state;
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), 0);
	assert_int_equal(get16(EXP + PCI_EXP_DEVCTL), PCI_EXP_DEVCTL_READRQ_512B);
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), 0);
	assert_int_equal(dev.writes, 1);
}

static void no_snoop_that_cannot_be_had_off_is_an_error(void **state)
{
	(void)state;
	dev.fixed[EXP + PCI_EXP_DEVCTL + 1] = PCI_EXP_DEVCTL_NOSNOOP_EN >> 8;
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), -EIO);
	/* Of a virtual function the bit says nothing. */
	put16(EXP + PCI_EXP_DEVCTL, 0);
	put16(PCI_DEVICE_ID, 0x1014);
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), -EOPNOTSUPP);
	put16(PCI_DEVICE_ID, 0x1013);
	dev.bytes[MSIX + 1] = 0;
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), -EOPNOTSUPP);
}

static void a_device_that_is_gone_is_no_device(void **state)
{
	struct hca_pci_id id;
	unsigned int at;

	(void)state;
	memset(dev.bytes, 0xff, sizeof(dev.bytes));
	memset(dev.fixed, 0xff, sizeof(dev.fixed));
	assert_int_equal(hca_pci_identify(&dev.t, &id), -ENODEV);
	assert_int_equal(hca_pci_bus_master(&dev.t, true), -ENODEV);
	assert_int_equal(hca_pci_bus_master(&dev.t, false), -ENODEV);
	assert_int_equal(hca_pci_silence(&dev.t), -ENODEV);
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_EXP, &at), -ENODEV);
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), -ENODEV);
}

static void errors_of_the_transport_come_through(void **state)
{
	struct hca_pci_id id;
	unsigned int at;

	(void)state;
	dev.error = -EPERM;
	assert_int_equal(hca_pci_identify(&dev.t, &id), -EPERM);
	assert_int_equal(hca_pci_bus_master(&dev.t, true), -EPERM);
	assert_int_equal(hca_pci_silence(&dev.t), -EPERM);
	assert_int_equal(hca_pci_find_cap(&dev.t, PCI_CAP_ID_EXP, &at), -EPERM);
	assert_int_equal(hca_pci_no_snoop_off(&dev.t), -EPERM);
}

#define with_device(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_device(a_function_tells_who_it_is),
		with_device(every_physical_and_virtual_id_is_told_apart),
		with_device(bus_mastering_goes_on_and_off_and_nothing_else_changes),
		with_device(bus_mastering_that_does_not_take_is_an_error),
		with_device(a_silent_function_answers_but_does_nothing_by_itself),
		with_device(capabilities_are_found),
		with_device(a_ring_of_capabilities_is_left),
		with_device(a_list_that_leaves_its_place_is_refused),
		with_device(no_snoop_goes_off_and_nothing_else_changes),
		with_device(no_snoop_that_cannot_be_had_off_is_an_error),
		with_device(a_device_that_is_gone_is_no_device),
		with_device(errors_of_the_transport_come_through),
	};

	return cmocka_run_group_tests_name("PCI configuration space", tests, NULL, NULL);
}
