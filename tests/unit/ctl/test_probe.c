// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl probe` on HCAs of this machine: what it
 * shows, and the exit status of several.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/ctl/ctl_bed.h"

#define BDF	"0000:3b:00.0"
#define BDF_2	"0000:3b:00.1"

static void an_hca_of_mlx5_core_is_shown_and_4(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	ctl_bed_file(bed, "8.0 GT/s PCIe\n", "sys/bus/pci/devices/" BDF "/current_link_speed");
	ctl_bed_file(bed, "16\n", "sys/bus/pci/devices/" BDF "/current_link_width");
	ctl_bed_file(bed, "0\n", "sys/bus/pci/devices/" BDF "/numa_node");
	ctl_bed_file(bed, "4\n", "sys/bus/pci/devices/" BDF "/sriov_totalvfs");
	ctl_bed_file(bed, "65535\n", "sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	bed->world.memlock = 1ull << 30;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NOT_BOUND);
	assert_string_equal(bed->out,
		"0000:3b:00.0  ConnectX-4 (15b3:1013 rev 00)\n"
		"  has virtual    0 functions on, 4 possible\n"
		"  PCIe link      8.0 GT/s PCIe x16\n"
		"  NUMA node      0\n"
		"  driver         mlx5_core, RDMA device mlx5_0\n"
		"  firmware       12.28.2006\n"
		"  port 1         ACTIVE (LinkUp), InfiniBand, 100 Gb/sec (4X EDR)\n"
		"  IOMMU          group 12, alone in it\n"
		"  mappings       65535 at the same time\n"
		"  locked memory  1 GiB, so 960 MiB of guest memory registered at the same time\n"
		"  verdict        cannot be assigned yet:\n"
		"  - bound to the kernel's driver mlx5_core\n"
		"    underpassctl bind 0000:3b:00.0\n");
	assert_string_equal(bed->err, "");
	assert_int_equal(bed->opened, 0);
}

static void a_free_hca_is_opened_shown_closed_and_0(void **state)
{
	static const struct iova_range ranges[] = {
		{ 0, 0xfedfffff }, { 0xfef00000, 0xffffffffffffffff },
	};
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->domain = (struct fake_domain_config){ .ranges = ranges, .n_ranges = 2, .max_maps = 65535 };
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	assert_string_equal(bed->out,
		"0000:3b:00.0  ConnectX-4 (15b3:1013 rev 00)\n"
		"  driver         vfio-pci\n"
		"  firmware       12.28.2006\n"
		"  ports          not known before the HCA is started (underpassctl selftest does)\n"
		"  IOMMU          group 12, alone in it\n"
		"  DMA            coherent\n"
		"  bus addresses  0x0 to 0xfedfffff\n"
		"                 0xfef00000 to 0xffffffffffffffff\n"
		"  mappings       65535 at the same time\n"
		"  locked memory  no limit\n"
		"  verdict        can be assigned\n");
	assert_string_equal(bed->err, "");
	assert_int_equal(bed->opened, 1);
	assert_int_equal(bed->closed, 1);
	assert_string_equal(bed->last_opened, BDF);
}

static void dma_that_the_iommu_does_not_make_coherent_is_told_and_no_obstacle(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->domain.incoherent = true;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	ctl_bed_assert_in(bed->out, "coherent once No-Snoop is off in the HCA");
	ctl_bed_assert_in(bed->out, "mappings       no limit known\n");
	ctl_bed_assert_in(bed->out, "locked memory  no limit\n");
}

static void firmware_that_is_not_ready_is_told(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	bed->initializing = 1u << 31;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	ctl_bed_assert_in(bed->out, "firmware       12.28.2006, not ready yet\n");
}

static void the_hardest_of_several_problems_is_the_exit_status(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	bed->world.memlock = 65536;
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_MEMLOCK);
	ctl_bed_pci(bed, "0000:3c:00.0", 0x144da808, "nvme", 12);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_GROUP_SHARED);
	ctl_bed_assert_in(bed->out, "underpassctl bind " BDF);
	ctl_bed_assert_in(bed->out, "only 64 KiB of memory may be locked");
	ctl_bed_assert_in(bed->out, "shared with 0000:3c:00.0 (nvme)");
	assert_int_equal(bed->opened, 0);
}

static void the_best_of_several_hcas_is_the_exit_status(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, "0000:af:00.0", NULL, -1);
	ctl_bed_hca(bed, BDF_2, "mlx5_core", 13);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_NOT_BOUND);
	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
}

static void several_hcas_are_sorted_by_address(void **state)
{
	struct ctl_bed *bed = *state;
	const char *first, *second, *third;

	ctl_bed_hca(bed, "0000:af:00.0", "vfio-pci", 14);
	ctl_bed_hca(bed, BDF_2, "vfio-pci", 13);
	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	first = strstr(bed->out, BDF "  ");
	second = strstr(bed->out, "\n\n" BDF_2 "  ");
	third = strstr(bed->out, "\n\n0000:af:00.0  ");
	assert_ptr_equal(first, bed->out);
	assert_true(second && third && second < third);
	assert_int_equal(bed->opened, 3);
}

static void a_virtual_function_is_told_by_its_id_and_its_parent(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_pci(bed, "0000:3b:00.2", 0x15b31014, "vfio-pci", 15);
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	ctl_bed_assert_in(bed->out, "ConnectX-4 VF (15b3:1014 rev 00)\n");
	ctl_bed_assert_not_in(bed->out, "virtual of");
	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	ctl_bed_file(bed, "1\n", "sys/bus/pci/devices/" BDF "/sriov_numvfs");
	ctl_bed_file(bed, "8\n", "sys/bus/pci/devices/" BDF "/sriov_totalvfs");
	ctl_bed_link(bed, "sys/bus/pci/devices/" BDF, "sys/bus/pci/devices/0000:3b:00.2/physfn");
	assert_int_equal(ctl_bed_run(bed, "probe"), CTL_OK);
	ctl_bed_assert_in(bed->out, "has virtual    1 functions on, 8 possible\n");
	ctl_bed_assert_in(bed->out, "virtual of     " BDF "\n");
}

static void a_variant_driver_of_vfio_will_do(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_vfio_pci", 12);
	assert_int_equal(ctl_bed_run(bed, "probe --device 3b:00.0"), CTL_OK);
}

static void memory_that_runs_out_is_1_and_leaves_nothing_open(void **state)
{
	struct ctl_bed *bed = *state;
	unsigned long n, all;
	int status;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_hca(bed, BDF_2, "mlx5_core", 13);
	ctl_bed_pci(bed, "0000:3c:00.0", 0x144da808, "nvme", 13);
	fail_alloc_arm(0, false);
	assert_int_equal(ctl_bed_run(bed, "probe --json"), CTL_OK);
	all = fail_alloc_disarm();
	assert_true(all > 5);
	for (n = 1; n <= all; n++) {
		fail_alloc_arm(n, true);
		status = ctl_bed_run(bed, "probe --json");
		fail_alloc_disarm();
		assert_int_equal(status, CTL_FAILED);
		assert_string_equal(bed->out, "");
		assert_string_equal(bed->err, "underpassctl: Cannot allocate memory\n");
		assert_int_equal(bed->opened, bed->closed);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_hca_of_mlx5_core_is_shown_and_4),
		TEST(a_free_hca_is_opened_shown_closed_and_0),
		TEST(dma_that_the_iommu_does_not_make_coherent_is_told_and_no_obstacle),
		TEST(firmware_that_is_not_ready_is_told),
		TEST(the_hardest_of_several_problems_is_the_exit_status),
		TEST(the_best_of_several_hcas_is_the_exit_status),
		TEST(several_hcas_are_sorted_by_address),
		TEST(a_virtual_function_is_told_by_its_id_and_its_parent),
		TEST(a_variant_driver_of_vfio_will_do),
		TEST(memory_that_runs_out_is_1_and_leaves_nothing_open),
	};

	return cmocka_run_group_tests_name("probe of HCAs on the PCI bus", tests, NULL, NULL);
}
