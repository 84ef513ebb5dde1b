// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the transport over kernel VFIO, against a VFIO of a few
 * lines: this program has an ioctl() of its own, and a file plays the device.
 * The real one is the lab's. Must never touch the machine's own devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "host-backend/hca/pci.h"
#include "host-backend/hca/vfio.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/host/fake_sysfs.h"
#include "tests/unit/host/fake_vfio.h"

#define HCA	"0000:3b:00.0"
#define PAGE	4096u

enum {
	VECTORS = FAKE_VFIO_VECTORS, BAR_AT = FAKE_VFIO_BAR_AT, BAR_SIZE = FAKE_VFIO_BAR,
	CONFIG_SIZE = FAKE_VFIO_CONFIG,
};

static struct fake_sysfs fake;
static struct hca_vfio_paths paths;
static struct fake_vfio vfio;

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return fake_vfio_ioctl(&vfio, fd, request, arg);
}

static void put_dev(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fake.root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	fake_sysfs_create(&fake);
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "vfio-pci", 7);
	put_dev("vfio");
	put_dev("7");
	paths = (struct hca_vfio_paths){ .sysfs = fake.root, .dev = fake.root };
	fake_vfio_create(&vfio);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_vfio_destroy(&vfio);
	fake_sysfs_destroy(&fake);
	return 0;
}

/* How many files are open; @inherited: only those that a program started from here would have. */
static unsigned int count_files(bool inherited)
{
	unsigned int n = 0;
	int fd, flags;

	for (fd = 0; fd < 1024; fd++) {
		flags = fcntl(fd, F_GETFD);
		n += flags >= 0 && !(inherited && flags & FD_CLOEXEC);
	}
	return n;
}

static unsigned int open_files(void)
{
	return count_files(false);
}

static struct hca_transport *open_it(void)
{
	struct hca_open_error error = { "" };
	struct hca_transport *t;

	if (hca_vfio_open(HCA, &paths, &t, &error))
		fail_msg("%s", error.text);
	return t;
}

static void it_opens_silent_and_closes_without_a_trace(void **state)
{
	unsigned int before = open_files(), inherited = count_files(true);
	struct hca_transport *t = open_it();
	uint64_t offset;
	int fd;

	(void)state;
	assert_int_equal(count_files(true), inherited);
	assert_string_equal(t->ops->name, "vfio");
	assert_string_equal(t->device, HCA);
	assert_int_equal(t->bar_size, BAR_SIZE);
	assert_int_equal(t->n_vectors, VECTORS);
	assert_true(t->domain->ops->needs_hva);
	assert_int_equal(t->domain->caps.ranges[0].last, (1ull << 39) - 1);
	assert_int_equal(vfio.config[PCI_COMMAND], PCI_COMMAND_MEMORY);
	assert_int_equal(t->ops->bar_fd(t, &fd, &offset), 0);
	assert_int_equal(offset, BAR_AT);
	assert_true(open_files() > before);
	assert_int_equal(hca_pci_bus_master(t, true), 0);
	hca_transport_close(t);
	assert_int_equal(vfio.config[PCI_COMMAND], PCI_COMMAND_MEMORY);
	assert_int_equal(open_files(), before);
}

static void registers_are_big_endian_and_doorbells_one_store(void **state)
{
	static const uint8_t bell[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct hca_transport *t = open_it();

	(void)state;
	t->ops->write64(t, 64, 0x01020304, 0x05060708);
	assert_memory_equal(vfio.bar + 64, bell, 8);
	t->ops->write32(t, BAR_SIZE - 4, 0x01020304);
	assert_memory_equal(vfio.bar + BAR_SIZE - 4, bell, 4);
	assert_int_equal(t->ops->read32(t, 68), 0x05060708);
	assert_int_equal(t->ops->read8(t, 66), 3);
	assert_int_equal(t->ops->read32(t, BAR_SIZE), UINT32_MAX);
	assert_int_equal(t->ops->read32(t, BAR_SIZE - 2), UINT32_MAX);
	assert_int_equal(t->ops->read8(t, BAR_SIZE), UINT8_MAX);
	t->ops->write32(t, BAR_SIZE, 1);
	t->ops->write64(t, BAR_SIZE - 4, 1, 1);
	assert_memory_equal(vfio.bar + BAR_SIZE - 4, bell, 4);
	hca_transport_close(t);
}

static void what_cannot_be_mapped_is_reached_all_the_same(void **state)
{
	static const uint8_t bell[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct hca_transport *t;

	(void)state;
	for (unsigned int way = 0; way < 2; way++) {
		vfio.sparse = way == 0;
		if (way)
			vfio.bar_flags &= ~(uint32_t)VFIO_REGION_INFO_FLAG_MMAP;
		memset(vfio.bar, 0, BAR_SIZE);
		t = open_it();
		t->ops->write64(t, PAGE + 8, 0x01020304, 0x05060708);
		assert_memory_equal(vfio.bar + PAGE + 8, bell, 8);
		assert_int_equal(t->ops->read32(t, PAGE + 8), 0x01020304);
		assert_int_equal(t->ops->read8(t, PAGE + 15), 8);
		t->ops->write32(t, 2 * PAGE, 0x01020304);
		assert_memory_equal(vfio.bar + 2 * PAGE, bell, 4);
		t->ops->write32(t, BAR_SIZE, 1);
		assert_int_equal(t->ops->read32(t, BAR_SIZE), UINT32_MAX);
		hca_transport_close(t);
	}
}

static void a_bar_that_cannot_be_mapped_has_no_file(void **state)
{
	struct hca_transport *t;
	uint64_t offset;
	int fd;

	(void)state;
	vfio.bar_flags &= ~(uint32_t)VFIO_REGION_INFO_FLAG_MMAP;
	t = open_it();
	assert_int_equal(t->ops->bar_fd(t, &fd, &offset), -EOPNOTSUPP);
	hca_transport_close(t);
}

static void configuration_has_bounds(void **state)
{
	struct hca_transport *t = open_it();
	uint32_t v;

	(void)state;
	assert_int_equal(t->ops->config_read(t, 0, 4, &v), 0);
	assert_int_equal(v, 0x101315b3);
	assert_int_equal(t->ops->config_read(t, 2, 2, &v), 0);
	assert_int_equal(v, 0x1013);
	assert_int_equal(t->ops->config_write(t, 4092, 4, 0x11223344), 0);
	assert_int_equal(vfio.config[4092], 0x44);
	assert_int_equal(t->ops->config_read(t, 4093, 1, &v), 0);
	assert_int_equal(v, 0x33);
	assert_int_equal(t->ops->config_read(t, 4096, 1, &v), -EINVAL);
	assert_int_equal(t->ops->config_read(t, 2, 4, &v), -EINVAL);
	assert_int_equal(t->ops->config_write(t, 0, 3, 0), -EINVAL);
	hca_transport_close(t);
}

static void vectors_lead_to_their_eventfds_until_the_end(void **state)
{
	struct hca_transport *t;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t n;

	(void)state;
	for (unsigned int fixed = 0; fixed < 2; fixed++) {
		vfio.irq_flags = VFIO_IRQ_INFO_EVENTFD | (fixed ? VFIO_IRQ_INFO_NORESIZE : 0);
		t = open_it();
		assert_int_equal(t->ops->set_irq(t, 5, fd), 0);
		assert_true(vfio.msix);
		assert_int_equal(eventfd_write(vfio.triggers[5], 1), 0);
		assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
		assert_int_equal(t->ops->set_irq(t, VECTORS, fd), -EINVAL);
		hca_transport_close(t);
		assert_false(vfio.msix);
		assert_int_equal(vfio.triggers[5], -1);
	}
	close(fd);
}

static void a_reset_comes_after_bus_mastering_went_off(void **state)
{
	struct hca_transport *t = open_it();

	(void)state;
	assert_int_equal(hca_pci_bus_master(t, true), 0);
	vfio.again = 2;			/* somebody else has the kernel's lock */
	assert_int_equal(t->ops->reset(t), 0);
	assert_int_equal(vfio.resets, 1);
	assert_int_equal(vfio.config[PCI_COMMAND], PCI_COMMAND_MEMORY);
	vfio.errors[fake_vfio_number(VFIO_DEVICE_RESET)] = EIO;
	assert_int_equal(t->ops->reset(t), -EIO);
	hca_transport_close(t);
}

static void a_device_that_went_reads_as_ones(void **state)
{
	struct hca_transport *t = open_it();

	(void)state;
	memset(vfio.config, 0xff, CONFIG_SIZE);
	memset(vfio.bar, 0xff, BAR_SIZE);
	assert_int_equal(t->ops->read32(t, 0), UINT32_MAX);
	assert_int_equal(hca_pci_bus_master(t, true), -ENODEV);
	hca_transport_close(t);
}

static void any_request_may_fail_and_nothing_stays_open(void **state)
{
	unsigned int before = open_files(), at, calls = UINT32_MAX, refused = 0;
	struct hca_open_error error;
	struct hca_transport *t;

	(void)state;
	vfio.sparse = true;
	for (at = 1; at <= calls; at++) {
		vfio.calls = 0;
		vfio.fail_at = at;
		vfio.iommu = false;
		error.text[0] = '\0';
		if (hca_vfio_open(HCA, &paths, &t, &error)) {
			assert_true(strlen(error.text) > strlen(HCA ": "));
			refused++;
		} else {
			calls = vfio.calls;
			hca_transport_close(t);
		}
		assert_int_equal(open_files(), before);
	}
	assert_true(calls > 12);
	/* Only one may fail: whether DMA is coherent, which then reads as "no". */
	assert_int_equal(refused, calls - 1);
}

static void memory_may_run_out_and_nothing_stays_open(void **state)
{
	unsigned int before = open_files();
	unsigned long at, asked;
	struct hca_transport *t;
	int ret = -ENOMEM;

	(void)state;
	vfio.sparse = true;
	for (at = 1; ret; at++) {
		vfio.iommu = false;
		fail_alloc_arm(at, false);
		ret = hca_vfio_open(HCA, &paths, &t, NULL);
		asked = fail_alloc_disarm();
		assert_int_equal(ret, at <= asked ? -ENOMEM : 0);
		if (!ret)
			hca_transport_close(t);
		assert_int_equal(open_files(), before);
	}
	assert_true(at > 6);
}

static void files_handed_in_are_taken_over_on_success_only(void **state)
{
	unsigned int before = open_files();
	int container = fcntl(vfio.file, F_DUPFD_CLOEXEC, 0);
	int group = fcntl(vfio.file, F_DUPFD_CLOEXEC, 0);
	unsigned int inherited = count_files(true);
	int device = dup(vfio.file);	/* may be inherited, as one from a socket */
	struct hca_open_error error;
	struct hca_transport *t;

	(void)state;
	vfio.errors[fake_vfio_number(VFIO_DEVICE_GET_INFO)] = EIO;
	assert_int_equal(hca_vfio_open_fds(container, group, device, "hca", &t, &error), -EIO);
	assert_int_equal(open_files(), before + 3);
	vfio.errors[fake_vfio_number(VFIO_DEVICE_GET_INFO)] = 0;
	assert_int_equal(hca_vfio_open_fds(container, group, device, "hca", &t, &error), 0);
	assert_string_equal(t->device, "hca");
	assert_int_equal(count_files(true), inherited);
	hca_transport_close(t);
	assert_int_equal(open_files(), before);
}

/* The files that a service manager keeps of an open HCA, which then "dies". */
static void die(int fds[HCA_TRANSPORT_FILES])
{
	struct hca_transport *t = open_it();
	int kept[HCA_TRANSPORT_FILES];

	assert_int_equal(t->ops->files(t, kept), HCA_TRANSPORT_FILES);
	for (unsigned int i = 0; i < HCA_TRANSPORT_FILES; i++)
		fds[i] = fcntl(kept[i], F_DUPFD_CLOEXEC, 0);
	hca_transport_close(t);
	vfio.config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
}

static void an_hca_that_was_left_is_reset_and_reaches_nothing(void **state)
{
	unsigned int before = open_files();
	struct hca_open_error error;
	int fds[HCA_TRANSPORT_FILES];

	(void)state;
	die(fds);
	assert_int_equal(hca_vfio_quiet(fds[0], fds[1], fds[2], HCA, &error), 0);
	assert_int_equal(vfio.resets, 1);
	assert_true(vfio.unmapped);
	assert_int_equal(vfio.config[PCI_COMMAND], PCI_COMMAND_MEMORY);
	assert_int_equal(open_files(), before);
}

static void whatever_fails_of_it_the_rest_is_done(void **state)
{
	unsigned int before = open_files(), calls = UINT32_MAX, refused = 0;
	struct hca_open_error error;
	int fds[HCA_TRANSPORT_FILES];
	int ret;

	(void)state;
	for (unsigned int at = 1; at <= calls; at++) {
		die(fds);
		vfio.calls = 0;
		vfio.fail_at = at;
		vfio.unmapped = false;
		error.text[0] = '\0';
		ret = hca_vfio_quiet(fds[0], fds[1], fds[2], HCA, &error);
		refused += ret != 0;
		assert_int_equal(ret != 0, strlen(error.text) > strlen(HCA ": "));
		/* It is the last request. */
		assert_int_equal(vfio.unmapped, at != vfio.calls || !ret);
		if (!ret)
			calls = vfio.calls;
		vfio.fail_at = 0;
		assert_int_equal(open_files(), before);
	}
	assert_int_equal(refused, calls);
	assert_true(calls > 5);
}

#define with_vfio(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_vfio(it_opens_silent_and_closes_without_a_trace),
		with_vfio(registers_are_big_endian_and_doorbells_one_store),
		with_vfio(what_cannot_be_mapped_is_reached_all_the_same),
		with_vfio(a_bar_that_cannot_be_mapped_has_no_file),
		with_vfio(configuration_has_bounds),
		with_vfio(vectors_lead_to_their_eventfds_until_the_end),
		with_vfio(a_reset_comes_after_bus_mastering_went_off),
		with_vfio(a_device_that_went_reads_as_ones),
		with_vfio(any_request_may_fail_and_nothing_stays_open),
		with_vfio(memory_may_run_out_and_nothing_stays_open),
		with_vfio(files_handed_in_are_taken_over_on_success_only),
		with_vfio(an_hca_that_was_left_is_reset_and_reaches_nothing),
		with_vfio(whatever_fails_of_it_the_rest_is_done),
	};

	return cmocka_run_group_tests_name("kernel VFIO", tests, NULL, NULL);
}
