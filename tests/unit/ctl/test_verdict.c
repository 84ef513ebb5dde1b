// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl probe` about what stands against an HCA:
 * each with a message, a remedy and an exit status of its own.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/ctl/ctl_bed.h"

#define BDF	"0000:3b:00.0"
#define BDF_2	"0000:3b:00.1"

static void no_hca_is_3_and_says_what_was_looked_for(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_pci(bed, "0000:00:1f.2", 0x80862922, "ahci", 1);
	ctl_bed_pci(bed, BDF, 0x15b31003, "mlx4_core", 2);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NO_HCA);
	assert_string_equal(bed->out, "");
	assert_string_equal(bed->err, "underpassctl: no HCA found: nothing of the mlx5 family "
			    "(ConnectX-4 and later) on the PCI bus; 'lspci -d 15b3:' shows all cards of that maker\n");
}

static void a_machine_without_pci_is_3(void **state)
{
	struct ctl_bed *bed = *state;

	bed->world.sysfs = bed->proc;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NO_HCA);
	assert_string_equal(bed->err, "underpassctl: this machine has no PCI bus\n");
}

static void a_device_that_is_not_there_is_3(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	assert_int_equal(ctl_bed_run(bed, "probe --device 3c:00.0"), CTL_NO_HCA);
	assert_string_equal(bed->err, "underpassctl: there is no PCI device 0000:3c:00.0\n");
}

static void a_device_that_is_no_hca_is_3(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_pci(bed, BDF, 0x15b31003, "mlx4_core", 2);
	assert_int_equal(ctl_bed_run(bed, "probe --device " BDF), CTL_NO_HCA);
	ctl_bed_assert_in(bed->err, BDF " (15b3:1003) is no HCA of the mlx5 family");
}

static void an_hca_without_driver_is_4(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, NULL, 12);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NOT_BOUND);
	ctl_bed_assert_in(bed->out, "driver         none\n");
	ctl_bed_assert_in(bed->out, "  - not bound to vfio-pci\n    underpassctl bind " BDF "\n");
}

static void an_iommu_that_is_off_is_9(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_core", -1);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NO_IOMMU);
	ctl_bed_assert_in(bed->out, "IOMMU          none\n");
	ctl_bed_assert_in(bed->out, "  - the IOMMU is off\n    switch on VT-d or AMD-Vi in the firmware set-up, "
			  "add intel_iommu=on");
	/* What else is to be done is said, too. */
	ctl_bed_assert_in(bed->out, "underpassctl bind " BDF);
}

static void an_hca_that_no_iommu_stands_before_is_9(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, NULL, -1);
	ctl_bed_pci(bed, "0000:00:1f.2", 0x80862922, "ahci", 1);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NO_IOMMU);
	ctl_bed_assert_in(bed->out, "no IOMMU stands before it");
	ctl_bed_assert_not_in(bed->out, "intel_iommu=on");
}

static void a_group_without_iommu_is_9(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 0);
	ctl_bed_file(bed, "vfio-noiommu\n", "sys/kernel/iommu_groups/0/name");
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NO_IOMMU);
	ctl_bed_assert_in(bed->out, "  - the IOMMU is off\n");
	assert_int_equal(bed->opened, 0);
}

static void a_group_shared_with_a_foreign_device_is_8_and_not_opened(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_pci(bed, "0000:3c:00.0", 0x144da808, "nvme", 12);
	ctl_bed_pci(bed, "0000:3a:00.0", 0x80862030, "pcieport", 12);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_GROUP_SHARED);
	ctl_bed_assert_in(bed->out,
		"  IOMMU          group 12, together with\n"
		"                 0000:3a:00.0 pcieport\n"
		"                 0000:3c:00.0 nvme (in the way)\n");
	ctl_bed_assert_in(bed->out,
		"  - its IOMMU group 12 is shared with 0000:3c:00.0 (nvme)\n"
		"    move the card to a slot with a group of its own, or take those that are no HCAs from their drivers\n");
	assert_int_equal(bed->opened, 0);
}

static void a_second_port_in_the_group_is_8_and_can_be_bound_too(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_hca(bed, BDF_2, "mlx5_core", 12);
	assert_int_equal(ctl_bed_run(bed, "probe --device " BDF), CTL_GROUP_SHARED);
	ctl_bed_assert_in(bed->out,
		"  - its IOMMU group 12 is shared with 0000:3b:00.1 (mlx5_core)\n"
		"    underpassctl bind 0000:3b:00.1\n");
}

static void harmless_members_of_the_group_are_no_obstacle(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_hca(bed, BDF_2, "vfio-pci", 12);
	ctl_bed_pci(bed, "0000:3a:00.0", 0x80862030, "pcieport", 12);
	ctl_bed_pci(bed, "0000:3d:00.0", 0x80861533, NULL, 12);
	ctl_bed_pci(bed, "0000:3e:00.0", 0x80861533, "pci-stub", 12);
	assert_int_equal(ctl_bed_run(bed, "probe --device " BDF), CTL_OK);
	ctl_bed_assert_in(bed->out, "                 0000:3d:00.0 no driver\n");
	ctl_bed_assert_not_in(bed->out, "in the way");
}

static void too_little_lockable_memory_is_6(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->world.memlock = 8 << 20;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_MEMLOCK);
	ctl_bed_assert_in(bed->out, "locked memory  8 MiB, so 0 bytes of guest memory");
	ctl_bed_assert_in(bed->out, "  - only 8 MiB of memory may be locked; 64 MiB are for the HCA, "
			  "nothing is left for a guest\n    raise the limit by the memory that guests may register: ulimit -l");
	/* It can still be looked at. */
	assert_int_equal(bed->opened, 1);
	bed->world.memlock = (64 << 20) + 4096;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	ctl_bed_assert_in(bed->out, "so 4 KiB of guest memory");
}

static void a_group_that_a_process_holds_is_5_and_names_it(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_process(bed, 813, "underpassd", "vfio/12");
	ctl_bed_process(bed, 814, "other", "vfio/1");
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_IN_USE);
	ctl_bed_assert_in(bed->out, "  - its IOMMU group 12 is held by underpassd (pid 813)\n    end that first\n");
	assert_int_equal(bed->opened, 0);
}

static void a_group_that_an_unseen_process_holds_is_5(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->open_ret = -EBUSY;
	bed->open_text = "/dev/vfio/12 is held by another process";
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_IN_USE);
	ctl_bed_assert_in(bed->out, "  - cannot be opened: /dev/vfio/12 is held by another process\n"
			  "    end the process that holds it\n");
}

static void a_group_file_of_somebody_else_is_7(void **state)
{
	struct ctl_bed *bed = *state;
	char path[128];
	int ret;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	snprintf(path, sizeof(path), "%s/vfio/12", bed->dev);
	assert_int_equal(chmod(path, 0600), 0);
	if (geteuid())
		assert_int_equal(chmod(path, 0), 0);
	else
		assert_int_equal(seteuid(65534), 0);
	ret = ctl_bed_run(bed, "probe");
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(ret, CTL_NO_PERMISSION);
	ctl_bed_assert_in(bed->out, "/vfio/12\n    give that file to the user that underpassd runs as, "
			  "or be root\n");
	assert_int_equal(bed->opened, 0);
}

static void no_right_found_while_opening_is_7(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->open_ret = -EACCES;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NO_PERMISSION);
	ctl_bed_assert_in(bed->out, "  - cannot be opened: Permission denied\n    be root");
}

static void a_dead_hca_is_10(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->fw_rev = 0xffffffff;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_UNUSABLE);
	ctl_bed_assert_in(bed->out, "its registers cannot be read");
	ctl_bed_assert_not_in(bed->out, "firmware");
	assert_int_equal(bed->closed, 1);
}

static void any_other_failure_to_open_is_10(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->open_ret = -EIO;
	bed->open_text = "BAR 0 cannot be mapped";
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_UNUSABLE);
	ctl_bed_assert_in(bed->out, "  - cannot be opened: BAR 0 cannot be mapped\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_hca_is_3_and_says_what_was_looked_for),
		TEST(a_machine_without_pci_is_3),
		TEST(a_device_that_is_not_there_is_3),
		TEST(a_device_that_is_no_hca_is_3),
		TEST(an_hca_without_driver_is_4),
		TEST(an_iommu_that_is_off_is_9),
		TEST(an_hca_that_no_iommu_stands_before_is_9),
		TEST(a_group_without_iommu_is_9),
		TEST(a_group_shared_with_a_foreign_device_is_8_and_not_opened),
		TEST(a_second_port_in_the_group_is_8_and_can_be_bound_too),
		TEST(harmless_members_of_the_group_are_no_obstacle),
		TEST(too_little_lockable_memory_is_6),
		TEST(a_group_that_a_process_holds_is_5_and_names_it),
		TEST(a_group_that_an_unseen_process_holds_is_5),
		TEST(a_group_file_of_somebody_else_is_7),
		TEST(no_right_found_while_opening_is_7),
		TEST(a_dead_hca_is_10),
		TEST(any_other_failure_to_open_is_10),
	};

	return cmocka_run_group_tests_name("verdicts of probe", tests, NULL, NULL);
}
