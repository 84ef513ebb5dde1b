// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about what is read from sysfs and asked of it, over a tree
 * of files. Must never touch the machine's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/pci_sysfs.h"
#include "tests/unit/host/fake_sysfs.h"

#define HCA	"0000:3b:00.0"
#define OTHER	"0000:3b:00.1"

static struct fake_sysfs fake;

static int setup(void **state)
{
	(void)state;
	fake_sysfs_create(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_sysfs_destroy(&fake);
	return 0;
}

static void addresses_are_taken_as_users_type_them(void **state)
{
	char bdf[PCI_BDF_SIZE];

	(void)state;
	assert_int_equal(pci_bdf_parse("0000:3b:00.0", bdf), 0);
	assert_string_equal(bdf, "0000:3b:00.0");
	assert_int_equal(pci_bdf_parse("3B:1f.7", bdf), 0);
	assert_string_equal(bdf, "0000:3b:1f.7");
	assert_int_equal(pci_bdf_parse("10000:01:00.0", bdf), 0);
	assert_string_equal(bdf, "10000:01:00.0");
}

static void other_texts_are_no_addresses(void **state)
{
	static const char *const texts[] = {
		"", ":", "0000:3b:00", "3b:00.8", "3b:20.0", "3b:00.0 ", "g0:00.0", "3b.00:0",
		"000:3b:00.0", "0000:3b:00.0.0", "0000:3b:00.0x", "../../etc", "1234567890:01:00.0",
		"0000:0000:3b:00.0", "vfio-user:/x", "3b:00.00", "/", "12345678:01:00.0",
	};
	struct pci_sysfs_device d;
	char bdf[PCI_BDF_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(pci_bdf_parse(texts[i], bdf), -EINVAL);
		assert_int_equal(pci_sysfs_read(fake.root, texts[i], &d), -ENODEV);
	}
}

static void a_device_is_read_with_all_that_there_is(void **state)
{
	struct pci_sysfs_device d;

	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "mlx5_core", 17);
	fake_sysfs_write(&fake, HCA, "revision", "0x05\n");
	fake_sysfs_write(&fake, HCA, "numa_node", "1\n");
	fake_sysfs_write(&fake, HCA, "driver_override", "vfio-pci\n");
	fake_sysfs_write(&fake, HCA, "sriov_numvfs", "2\n");
	fake_sysfs_write(&fake, HCA, "sriov_totalvfs", "8\n");
	fake_sysfs_write(&fake, HCA, "current_link_speed", "8.0 GT/s PCIe\n");
	fake_sysfs_write(&fake, HCA, "current_link_width", "16\n");
	fake_sysfs_write(&fake, HCA, "infiniband/mlx5_3/fw_ver", "12.28.2006\n");
	assert_int_equal(pci_sysfs_read(fake.root, HCA, &d), 0);
	assert_string_equal(d.bdf, HCA);
	assert_int_equal(d.vendor, 0x15b3);
	assert_int_equal(d.device, 0x1013);
	assert_int_equal(d.class, 0x020700);
	assert_int_equal(d.revision, 5);
	assert_string_equal(d.driver, "mlx5_core");
	assert_string_equal(d.driver_override, "vfio-pci");
	assert_int_equal(d.group, 17);
	assert_false(d.is_vf);
	assert_int_equal(d.n_vfs, 2);
	assert_int_equal(d.max_vfs, 8);
	assert_int_equal(d.numa_node, 1);
	assert_string_equal(d.link_speed, "8.0 GT/s PCIe");
	assert_int_equal(d.link_width, 16);
	assert_string_equal(d.rdma, "mlx5_3");
	assert_string_equal(d.firmware, "12.28.2006");
}

static void what_is_not_there_reads_as_none(void **state)
{
	struct pci_sysfs_device d;

	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1014, 0x020700, NULL, -1);
	fake_sysfs_physfn(&fake, HCA, OTHER);
	fake_sysfs_write(&fake, HCA, "current_link_speed", "Unknown\n");
	assert_int_equal(pci_sysfs_read(fake.root, HCA, &d), 0);
	assert_string_equal(d.driver, "");
	assert_string_equal(d.driver_override, "");
	assert_int_equal(d.group, -1);
	assert_true(d.is_vf);
	assert_string_equal(d.physfn, OTHER);
	assert_int_equal(d.n_vfs, 0);
	assert_int_equal(d.max_vfs, 0);
	assert_int_equal(d.numa_node, -1);
	assert_string_equal(d.link_speed, "");
	assert_int_equal(d.link_width, 0);
	assert_string_equal(d.rdma, "");
	assert_string_equal(d.firmware, "");
}

static void a_device_that_is_not_there_is_told_from_one_that_makes_no_sense(void **state)
{
	struct pci_sysfs_device d;

	(void)state;
	assert_int_equal(pci_sysfs_read(fake.root, HCA, &d), -ENODEV);
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, NULL, -1);
	fake_sysfs_write(&fake, HCA, "device", "0x12345\n");
	assert_int_equal(pci_sysfs_read(fake.root, HCA, &d), -EIO);
	fake_sysfs_write(&fake, HCA, "device", "\n");
	assert_int_equal(pci_sysfs_read(fake.root, HCA, &d), -EIO);
	fake_sysfs_write(&fake, HCA, "device", "0x1013 or so\n");
	assert_int_equal(pci_sysfs_read(fake.root, HCA, &d), -EIO);
}

static bool is_mellanox(const struct pci_sysfs_device *device)
{
	return device->vendor == 0x15b3;
}

static void the_list_is_sorted_and_holds_what_was_wanted(void **state)
{
	struct pci_sysfs_device *list;
	size_t n;

	(void)state;
	assert_int_equal(pci_sysfs_list(fake.root, NULL, &list, &n), 0);
	assert_int_equal(n, 0);
	assert_null(list);
	fake_sysfs_device(&fake, "0000:82:00.0", 0x15b3, 0x1013, 0x020700, NULL, -1);
	fake_sysfs_device(&fake, "0000:00:01.0", 0x8086, 0x1234, 0x060400, NULL, -1);
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, NULL, -1);
	assert_int_equal(pci_sysfs_list(fake.root, is_mellanox, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].bdf, HCA);
	assert_string_equal(list[1].bdf, "0000:82:00.0");
	free(list);
	assert_int_equal(pci_sysfs_list("/nonexistent", NULL, &list, &n), -ENOENT);
}

static void members_of_a_group_in_the_way_are_named_with_their_drivers(void **state)
{
	struct pci_sysfs_device *list;
	char text[128], small[20];
	size_t n;

	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "mlx5_core", 3);
	fake_sysfs_device(&fake, OTHER, 0x15b3, 0x1013, 0x020700, "mlx5_core", 3);
	fake_sysfs_device(&fake, "0000:3a:00.0", 0x8086, 0x2030, 0x060400, "pcieport", 3);
	fake_sysfs_device(&fake, "0000:3b:00.2", 0x15b3, 0x1014, 0x020700, "mlx5_vfio_pci", 3);
	fake_sysfs_device(&fake, "0000:3b:00.3", 0x15b3, 0x1014, 0x020700, NULL, 3);
	fake_sysfs_device(&fake, "0000:3c:00.0", 0x144d, 0xa808, 0x010802, "nvme", 3);
	fake_sysfs_device(&fake, "0000:3d:00.0", 0x144d, 0xa808, 0x010802, "pci-stub", 3);
	fake_sysfs_device(&fake, "0000:82:00.0", 0x15b3, 0x1013, 0x020700, "mlx5_core", 4);
	assert_int_equal(pci_sysfs_group(fake.root, 3, &list, &n), 0);
	assert_int_equal(n, 7);
	free(list);
	assert_int_equal(pci_sysfs_in_the_way_text(fake.root, 3, HCA, text, sizeof(text)), 2);
	assert_string_equal(text, OTHER " (mlx5_core), 0000:3c:00.0 (nvme)");
	assert_int_equal(pci_sysfs_in_the_way_text(fake.root, 3, HCA, small, sizeof(small)), 2);
	assert_string_equal(small, OTHER " (mlx5_");
	assert_int_equal(pci_sysfs_in_the_way_text(fake.root, 4, "0000:82:00.0", text,
						   sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(pci_sysfs_group(fake.root, 5, &list, &n), -ENOENT);
}

static void an_iommu_is_there_when_a_group_is(void **state)
{
	(void)state;
	assert_false(pci_sysfs_has_iommu(fake.root));
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, NULL, 0);
	assert_true(pci_sysfs_has_iommu(fake.root));
}

static void binding_writes_what_the_kernel_takes(void **state)
{
	(void)state;
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, "mlx5_core", 0);
	fake_sysfs_driver(&fake, "vfio-pci");
	assert_int_equal(pci_sysfs_override(fake.root, HCA, "vfio-pci"), 0);
	fake_sysfs_expect(&fake, "bus/pci/devices/" HCA "/driver_override", "vfio-pci\n");
	assert_int_equal(pci_sysfs_unbind(fake.root, HCA), 0);
	fake_sysfs_expect(&fake, "bus/pci/drivers/mlx5_core/unbind", HCA);
	assert_int_equal(pci_sysfs_bind(fake.root, HCA, "vfio-pci"), 0);
	fake_sysfs_expect(&fake, "bus/pci/drivers/vfio-pci/bind", HCA);
	assert_int_equal(pci_sysfs_probe(fake.root, HCA), 0);
	fake_sysfs_expect(&fake, "bus/pci/drivers_probe", HCA);
	fake_sysfs_write(&fake, HCA, "driver_override", "");
	assert_int_equal(pci_sysfs_override(fake.root, HCA, NULL), 0);
	fake_sysfs_expect(&fake, "bus/pci/devices/" HCA "/driver_override", "\n");
}

static void binding_what_is_not_there_fails(void **state)
{
	(void)state;
	assert_int_equal(pci_sysfs_override(fake.root, HCA, "vfio-pci"), -ENODEV);
	assert_int_equal(pci_sysfs_unbind(fake.root, HCA), -ENODEV);
	assert_int_equal(pci_sysfs_bind(fake.root, HCA, "vfio-pci"), -ENODEV);
	assert_int_equal(pci_sysfs_probe(fake.root, HCA), -ENODEV);
	fake_sysfs_device(&fake, HCA, 0x15b3, 0x1013, 0x020700, NULL, 0);
	assert_int_equal(pci_sysfs_unbind(fake.root, HCA), 0);
	assert_int_equal(pci_sysfs_bind(fake.root, HCA, "vfio-pci"), -ENOENT);
}

#define in_tree(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_as_users_type_them),
		in_tree(other_texts_are_no_addresses),
		in_tree(a_device_is_read_with_all_that_there_is),
		in_tree(what_is_not_there_reads_as_none),
		in_tree(a_device_that_is_not_there_is_told_from_one_that_makes_no_sense),
		in_tree(the_list_is_sorted_and_holds_what_was_wanted),
		in_tree(members_of_a_group_in_the_way_are_named_with_their_drivers),
		in_tree(an_iommu_is_there_when_a_group_is),
		in_tree(binding_writes_what_the_kernel_takes),
		in_tree(binding_what_is_not_there_fails),
	};

	return cmocka_run_group_tests_name("PCI in sysfs", tests, NULL, NULL);
}
