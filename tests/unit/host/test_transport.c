// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of a transport, kept by the one over vfio-user against the
 * model: opening, configuration space, registers, interrupts, reset. Must never
 * know commands.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "host-backend/hca/pci.h"
#include "tests/unit/host/transport_bed.h"

#define PAGE	4096u

enum { CMDQ_H = 0x10, CMDQ_L = 0x14, FW_REV = 0, CMDIF = 4 };	/* registers */

/* --- opening -------------------------------------------------------------- */

static void it_opens_silent_and_tells_what_it_has(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	struct model_bed_counts c;
	struct hca_pci_id id;

	assert_string_equal(t->ops->name, "vfio-user");
	assert_string_equal(t->device, model_bed_device(bed, 0));
	assert_int_equal(t->bar_size, 32u << 20);
	assert_int_equal(t->n_vectors, 64);
	assert_false(t->domain->ops->needs_hva);
	assert_true(t->domain->caps.coherent);
	assert_true(t->domain->caps.page_sizes & PAGE);
	assert_true(t->domain->caps.max_maps >= 65535);
	assert_int_equal(t->domain->caps.n_ranges, 1);
	assert_int_equal(t->domain->caps.ranges[0].first, 0);
	assert_int_equal(t->domain->caps.ranges[0].last, (1ull << 48) - 1);
	assert_int_equal(hca_pci_identify(t, &id), 0);
	assert_string_equal(id.kind->name, "ConnectX-4");
	model_bed_counts(bed, 0, &c);
	assert_true(c.attached);
	assert_false(c.bus_master);
	hca_transport_close(t);
}

static void a_virtual_function_opens_the_same_way(void **state)
{
	struct hca_transport *t = transport_bed_open(*state);
	struct hca_pci_id id;

	assert_int_equal(hca_pci_identify(t, &id), 0);
	assert_true(id.kind->is_vf);
	hca_transport_close(t);
}

static void closing_silences_it(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	struct model_bed_counts c;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t n;

	assert_int_equal(hca_pci_bus_master(t, true), 0);
	model_bed_counts(bed, 0, &c);
	assert_true(c.bus_master);
	assert_int_equal(t->ops->set_irq(t, 1, fd), 0);
	hca_transport_close(t);
	model_bed_wait_detached(bed);
	model_bed_counts(bed, 0, &c);
	assert_false(c.bus_master);
	model_bed_interrupt(bed, 0, 1);
	assert_int_equal(read(fd, &n, sizeof(n)), -1);
	close(fd);
}

static void it_can_be_opened_again_and_again(void **state)
{
	for (unsigned int i = 0; i < 100; i++)
		hca_transport_close(transport_bed_open(*state));
}

static void names_that_are_no_devices_are_refused_with_a_hint(void **state)
{
	static const char *const names[] = { "", "mlx5_0", "3b:00", "vfio:x", "/dev/vfio/17" };
	struct hca_open_error error;
	struct hca_transport *t;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(hca_transport_open(names[i], &t, &error), -EINVAL);
		assert_non_null(strstr(error.text, "vfio-user:PATH"));
	}
	assert_int_equal(hca_transport_open("x", &t, NULL), -EINVAL);
}

static void a_path_where_nobody_listens_is_told_at_once(void **state)
{
	struct hca_open_error error;
	struct hca_transport *t;
	char name[200];

	(void)state;
	assert_int_equal(hca_transport_open("vfio-user:/nonexistent", &t, &error), -ENODEV);
	assert_string_equal(error.text, "vfio-user:/nonexistent: nobody serves an HCA there");
	memset(name, 'x', sizeof(name) - 1);
	memcpy(name, "vfio-user:", 10);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(hca_transport_open(name, &t, &error), -ENAMETOOLONG);
}

static void a_second_client_is_told_that_there_is_another(void **state)
{
	struct hca_transport *t = transport_bed_open(*state), *second;
	struct hca_open_error error;

	assert_int_equal(hca_transport_open(model_bed_device(*state, 0), &second, &error), -EBUSY);
	assert_non_null(strstr(error.text, "another client"));
	assert_int_not_equal(t->ops->read32(t, FW_REV), UINT32_MAX);
	hca_transport_close(t);
}

/* --- configuration space and registers -------------------------------------- */

static void configuration_is_read_and_written_in_every_size(void **state)
{
	struct hca_transport *t = transport_bed_open(*state);
	uint32_t v;

	assert_int_equal(t->ops->config_read(t, PCI_VENDOR_ID, 4, &v), 0);
	assert_int_equal(v, 0x101315b3);
	assert_int_equal(t->ops->config_read(t, PCI_DEVICE_ID, 2, &v), 0);
	assert_int_equal(v, 0x1013);
	assert_int_equal(t->ops->config_read(t, PCI_DEVICE_ID, 1, &v), 0);
	assert_int_equal(v, 0x13);
	assert_int_equal(t->ops->config_write(t, PCI_INTERRUPT_LINE, 1, 0x5a), 0);
	assert_int_equal(t->ops->config_read(t, PCI_INTERRUPT_LINE, 1, &v), 0);
	assert_int_equal(v, 0x5a);
	assert_int_equal(t->ops->config_read(t, 4092, 4, &v), 0);
	hca_transport_close(t);
}

static void configuration_outside_of_its_bounds_is_refused(void **state)
{
	static const struct { unsigned int off, len; } bad[] = {
		{ 0, 0 }, { 0, 3 }, { 0, 8 }, { 1, 2 }, { 2, 4 }, { 4096, 1 }, { 4094, 4 },
		{ UINT32_MAX - 3, 4 },
	};
	struct hca_transport *t = transport_bed_open(*state);
	uint32_t v;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(t->ops->config_read(t, bad[i].off, bad[i].len, &v), -EINVAL);
		assert_int_equal(t->ops->config_write(t, bad[i].off, bad[i].len, 0), -EINVAL);
	}
	hca_transport_close(t);
}

static void registers_are_big_endian_words_and_bytes_of_them(void **state)
{
	struct hca_transport *t = transport_bed_open(*state);
	uint32_t word = 0;

	assert_int_equal(t->ops->read32(t, CMDIF) >> 16, 5);
	for (unsigned int i = 0; i < 4; i++)
		word = word << 8 | t->ops->read8(t, CMDIF + i);
	assert_int_equal(word, t->ops->read32(t, CMDIF));
	t->ops->write32(t, CMDQ_H, 0x12345678);
	assert_int_equal(t->ops->read32(t, CMDQ_H), 0x12345678);
	t->ops->write64(t, CMDQ_H, 0x9abcdef0, 0x11223000);
	assert_int_equal(t->ops->read32(t, CMDQ_H), 0x9abcdef0);
	assert_int_equal(t->ops->read32(t, CMDQ_L) & ~0xfffu, 0x11223000);
	assert_int_equal(t->ops->read32(t, t->bar_size), UINT32_MAX);
	assert_int_equal(t->ops->read32(t, UINT64_MAX - 3), UINT32_MAX);
	t->ops->write32(t, t->bar_size, 1);
	assert_int_not_equal(t->ops->read32(t, FW_REV), UINT32_MAX);
	hca_transport_close(t);
}

static void its_registers_cannot_be_mapped(void **state)
{
	struct hca_transport *t = transport_bed_open(*state);
	uint64_t offset;
	int fd;

	assert_int_equal(t->ops->bar_fd(t, &fd, &offset), -EOPNOTSUPP);
	hca_transport_close(t);
}

/* --- interrupts and reset --------------------------------------------------- */

static uint64_t raised(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void vectors_are_set_one_by_one_replaced_and_taken_away(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	int a = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), b = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_int_equal(t->ops->set_irq(t, 7, a), 0);
	model_bed_interrupt(bed, 0, 7);
	model_bed_interrupt(bed, 0, 6);
	assert_int_equal(raised(a), 1);
	assert_int_equal(t->ops->set_irq(t, 63, b), 0);
	model_bed_interrupt(bed, 0, 63);
	model_bed_interrupt(bed, 0, 7);
	assert_int_equal(raised(a), 1);
	assert_int_equal(raised(b), 1);
	assert_int_equal(t->ops->set_irq(t, 7, b), 0);
	model_bed_interrupt(bed, 0, 7);
	assert_int_equal(raised(a), 0);
	assert_int_equal(raised(b), 1);
	assert_int_equal(t->ops->set_irq(t, 7, -1), 0);
	model_bed_interrupt(bed, 0, 7);
	assert_int_equal(raised(b), 0);
	assert_int_equal(t->ops->set_irq(t, 64, a), -EINVAL);
	close(a);
	close(b);
	hca_transport_close(t);
}

static void a_reset_ends_bus_mastering_and_keeps_the_vectors(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct model_bed_counts c;
	uint32_t command;

	assert_int_equal(t->ops->set_irq(t, 2, fd), 0);
	assert_int_equal(hca_pci_bus_master(t, true), 0);
	t->ops->write32(t, CMDQ_H, 1);
	assert_int_equal(t->ops->reset(t), 0);
	model_bed_counts(bed, 0, &c);
	assert_false(c.bus_master);
	assert_int_equal(t->ops->read32(t, CMDQ_H), 0);
	assert_int_equal(t->ops->config_read(t, PCI_COMMAND, 2, &command), 0);
	assert_int_equal(command, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	model_bed_interrupt(bed, 0, 2);
	assert_int_equal(raised(fd), 1);
	close(fd);
	hca_transport_close(t);
}

#define on_pf(f) cmocka_unit_test_setup_teardown(f, model_bed_setup_pf, model_bed_teardown)
#define on_vf(f) cmocka_unit_test_setup_teardown(f, model_bed_setup_vf, model_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_pf(it_opens_silent_and_tells_what_it_has),
		on_vf(a_virtual_function_opens_the_same_way),
		on_pf(closing_silences_it),
		on_pf(it_can_be_opened_again_and_again),
		cmocka_unit_test(names_that_are_no_devices_are_refused_with_a_hint),
		cmocka_unit_test(a_path_where_nobody_listens_is_told_at_once),
		on_pf(a_second_client_is_told_that_there_is_another),
		on_pf(configuration_is_read_and_written_in_every_size),
		on_pf(configuration_outside_of_its_bounds_is_refused),
		on_pf(registers_are_big_endian_words_and_bytes_of_them),
		on_pf(its_registers_cannot_be_mapped),
		on_pf(vectors_are_set_one_by_one_replaced_and_taken_away),
		on_pf(a_reset_ends_bus_mastering_and_keeps_the_vectors),
	};

	return cmocka_run_group_tests_name("HCA transports", tests, NULL, NULL);
}
