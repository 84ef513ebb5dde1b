// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about what is said when kernel VFIO cannot give a device,
 * against a VFIO of a few lines: this program has an ioctl() of its own. The
 * real one is the lab's. Must never touch the machine's own devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/capability.h>
#include <linux/vfio.h>

#include "host-backend/hca/memlock.h"
#include "host-backend/hca/vfio.h"
#include "tests/unit/host/fake_sysfs.h"
#include "tests/unit/host/fake_vfio.h"

#define HCA	"0000:3b:00.0"

static struct fake_sysfs fake;
static char dev[64];
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

/* A tree with an HCA that is ready, and no /dev/vfio. */
static int setup(void **state)
{
	(void)state;
	fake_sysfs_create(&fake);
	snprintf(dev, sizeof(dev), "%s/dev", fake.root);
	assert_int_equal(mkdir(dev, 0700), 0);
	paths = (struct hca_vfio_paths){ .sysfs = fake.root, .dev = dev };
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

static void put_dev(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void expect_refused(int err, const char *text)
{
	struct hca_open_error error = { "" };
	struct hca_transport *t;

	assert_int_equal(hca_vfio_open(HCA, &paths, &t, &error), err);
	if (strncmp(error.text, HCA ": ", strlen(HCA ": ")) || !strstr(error.text, text))
		fail_msg("'%s' does not say '%s'", error.text, text);
	assert_int_equal(hca_vfio_open(HCA, &paths, &t, NULL), err);
}

static void a_device_that_is_not_there(void **state)
{
	(void)state;
	expect_refused(-ENODEV, "no such PCI device");
}

static void a_machine_without_iommu(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "mlx5_core", -1);
	expect_refused(-EOPNOTSUPP, "no IOMMU on: boot with intel_iommu=on or amd_iommu=on");
	fake_sysfs_device(&fake, "0000:00:01.0", 0x8086, 1, 0x060000, NULL, 0);
	expect_refused(-EOPNOTSUPP, "no IOMMU stands before it");
}

static void a_device_of_another_driver(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "mlx5_core", 7);
	expect_refused(-EPERM, "bound to mlx5_core, not to vfio-pci: underpassctl bind " HCA);
}

static void a_device_of_no_driver(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, NULL, 7);
	expect_refused(-EPERM, "bound to no driver");
}

static void a_group_without_a_file(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "vfio-pci", 7);
	expect_refused(-ENODEV, "/dev/7: is vfio-pci loaded?");
}

static void vfio_without_iommu(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "vfio-pci", 7);
	put_dev("noiommu-7");
	expect_refused(-EOPNOTSUPP, "without IOMMU, which protects nothing");
}

static void vfio_that_has_no_container(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "mlx5_vfio_pci", 7);
	put_dev("7");
	expect_refused(-ENOENT, "/dev/vfio: No such file or directory: modprobe vfio-pci");
}

/* All is there; what is refused is up to the test. */
static void put_all(void)
{
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "vfio-pci", 7);
	put_dev("7");
	put_dev("vfio");
}

static void a_shared_group_names_who_is_in_the_way(void **state)
{
	(void)state;
	put_all();
	vfio.group_flags = 0;
	expect_refused(-EPERM, "its IOMMU group 7 is used by the kernel or another process");
	fake_sysfs_device(&fake, "0000:3b:00.1", 0x15b3, 0x1013, 0x020700, "mlx5_core", 7);
	fake_sysfs_device(&fake, "0000:3c:00.0", 0x144d, 0xa808, 0x010802, "nvme", 7);
	expect_refused(-EPERM, "shares IOMMU group 7: unbind 0000:3b:00.1 (mlx5_core), "
		       "0000:3c:00.0 (nvme)");
	vfio.group_flags = VFIO_GROUP_FLAGS_VIABLE;
	vfio.errors[fake_vfio_number(VFIO_GROUP_SET_CONTAINER)] = EPERM;
	expect_refused(-EPERM, "shares IOMMU group 7: unbind 0000:3b:00.1 (mlx5_core)");
}

static void each_step_that_is_refused_has_its_words(void **state)
{
	static const struct { unsigned long request; int error; const char *words; } steps[] = {
		{ VFIO_SET_IOMMU, EPERM, "does not remap interrupts: boot with intremap=on" },
		{ VFIO_SET_IOMMU, EIO, "setting up the IOMMU" },
		{ VFIO_GROUP_GET_DEVICE_FD, EACCES, "physical function is bound to vfio-pci" },
		{ VFIO_GROUP_GET_DEVICE_FD, ENODEV, "VFIO does not give the device" },
		{ VFIO_DEVICE_GET_INFO, EIO, "not a VFIO device" },
		{ VFIO_DEVICE_GET_REGION_INFO, EIO, "configuration space" },
		{ VFIO_DEVICE_GET_IRQ_INFO, EIO, "MSI-X" },
	};

	(void)state;
	put_all();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		vfio.errors[fake_vfio_number(steps[i].request)] = steps[i].error;
		expect_refused(-steps[i].error, steps[i].words);
		vfio.errors[fake_vfio_number(steps[i].request)] = 0;
	}
}

static void devices_that_are_no_hca_are_refused(void **state)
{
	(void)state;
	put_all();
	vfio.device_flags = VFIO_DEVICE_FLAGS_PCI;
	expect_refused(-EOPNOTSUPP, "cannot be reset on its own");
	vfio.device_flags = VFIO_DEVICE_FLAGS_RESET;
	expect_refused(-EOPNOTSUPP, "not a PCI device");
	vfio.device_flags |= VFIO_DEVICE_FLAGS_PCI;
	vfio.bar_size = 0;
	expect_refused(-EOPNOTSUPP, "no BAR 0");
	vfio.bar_size = 1ull << 50;
	expect_refused(-ENOMEM, "mapping BAR 0");
	vfio.bar_size = FAKE_VFIO_BAR;
	vfio.n_vectors = 0;
	expect_refused(-EOPNOTSUPP, "no MSI-X");
	vfio.n_vectors = FAKE_VFIO_VECTORS;
	memset(vfio.config, 0xff, FAKE_VFIO_CONFIG);
	expect_refused(-ENODEV, "turning bus mastering off");
}

/* As a user who owns nothing; the tree has to let him look. */
static void a_group_that_is_somebody_elses(void **state)
{
	struct hca_open_error error = { "" };
	struct hca_transport *t;
	char path[128];
	int ret;

	(void)state;
	if (geteuid()) {
		print_message("only root can be somebody else\n");
		skip();
	}
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "vfio-pci", 7);
	put_dev("7");
	snprintf(path, sizeof(path), "chmod -R go+rX %s", fake.root);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/7", dev);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(seteuid(65534), 0);
	ret = hca_vfio_open(HCA, &paths, &t, &error);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(ret, -EACCES);
	assert_non_null(strstr(error.text, "no right to open"));
}

static void files_handed_in_that_are_none_stay_the_callers(void **state)
{
	struct hca_open_error error = { "" };
	struct hca_transport *t;
	int null = open("/dev/null", O_RDWR);

	(void)state;
	assert_true(null >= 0);
	vfio.errors[fake_vfio_number(VFIO_CHECK_EXTENSION)] = ENOTTY;
	assert_int_equal(hca_vfio_open_fds(null, -1, null, "hca", &t, &error), -ENOTTY);
	assert_non_null(strstr(error.text, "hca: "));
	assert_int_equal(fcntl(null, F_GETFD), FD_CLOEXEC);
	close(null);
	assert_int_equal(hca_vfio_open_fds(null, -1, null, "hca", &t, &error), -EBADF);
	assert_int_equal(hca_vfio_open_fds(-1, -1, -1, "hca", &t, &error), -EBADF);
}

enum { RIGHT, WRONG, CANNOT };

/* Without capabilities and in a child, as neither they nor limits come back. */
static int look_with_limit(rlim_t limit, uint64_t expected, const char *words)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	const struct rlimit set = { limit, limit };
	char text[128] = "";
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (setrlimit(RLIMIT_MEMLOCK, &set) || syscall(SYS_capset, &header, none))
			_exit(CANNOT);
		hca_memlock_text(text, sizeof(text));
		_exit(hca_memlock_limit() == expected && !strcmp(text, words) ? RIGHT : WRONG);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_limit_of_locked_memory_is_told(void **state)
{
	(void)state;
	assert_int_equal(look_with_limit(65536, 65536, "locked memory is limited to 64 KiB: "
					 "ulimit -l, or LimitMEMLOCK= in the unit"), RIGHT);
}

static void no_limit_of_locked_memory_is_no_limit(void **state)
{
	int ret = look_with_limit(RLIM_INFINITY, UINT64_MAX, "");

	(void)state;
	if (ret == CANNOT) {
		print_message("limits cannot be raised here\n");
		skip();
	}
	assert_int_equal(ret, RIGHT);
}

#define in_tree(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_tree(a_device_that_is_not_there),
		in_tree(a_machine_without_iommu),
		in_tree(a_device_of_another_driver),
		in_tree(a_device_of_no_driver),
		in_tree(a_group_without_a_file),
		in_tree(vfio_without_iommu),
		in_tree(vfio_that_has_no_container),
		in_tree(a_shared_group_names_who_is_in_the_way),
		in_tree(each_step_that_is_refused_has_its_words),
		in_tree(devices_that_are_no_hca_are_refused),
		in_tree(a_group_that_is_somebody_elses),
		in_tree(files_handed_in_that_are_none_stay_the_callers),
		cmocka_unit_test(the_limit_of_locked_memory_is_told),
		cmocka_unit_test(no_limit_of_locked_memory_is_no_limit),
	};

	return cmocka_run_group_tests_name("what VFIO lacks is told", tests, NULL, NULL);
}
