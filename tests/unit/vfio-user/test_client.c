// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the client library about the device and its regions, against our server.
 * Must never rely on timing to pass.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/vfio-user/client_bed.h"

static void the_device_describes_itself(void **state)
{
	struct client_bed *p = *state;
	const struct vfu_client_limits *limits = vfu_client_limits(p->client);
	struct vfu_device_info info;
	struct vfu_irq_info irq;

	assert_int_equal(limits->max_msg_fds, VFU_MAX_FDS);
	assert_int_equal(limits->max_data, VFU_MAX_DATA);
	assert_int_equal(limits->max_dma_maps, 1 << 20);
	assert_int_equal(vfu_client_device_info(p->client, &info), 0);
	assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_PCI |
			 VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info.num_regions, 9);
	assert_int_equal(info.num_irqs, 5);
	assert_int_equal(vfu_client_irq_info(p->client, MSIX, &irq), 0);
	assert_int_equal(irq.count, BED_MSIX);
	assert_true(irq.flags & VFIO_IRQ_INFO_EVENTFD);
	assert_false(irq.flags & VFIO_IRQ_INFO_NORESIZE);
	assert_int_equal(vfu_client_irq_info(p->client, 5, &irq), -EINVAL);
}

static void a_region_comes_with_its_areas_and_a_file_to_map(void **state)
{
	struct client_bed *p = *state;
	struct vfu_region_info info;
	struct vfu_area *areas;
	unsigned int n;
	uint8_t *map;
	int fd;

	assert_int_equal(vfu_client_region_info(p->client, 2, &info, &areas, &n,
						&fd), 0);
	assert_int_equal(info.size, BED_BAR2_SIZE);
	assert_int_equal(n, 2);
	assert_int_equal(areas[1].offset, 12288);
	assert_int_equal(areas[1].size, 4096);
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)(info.offset + areas[1].offset));
	assert_ptr_not_equal(map, MAP_FAILED);
	memcpy(map, "doorbell", 8);
	munmap(map, PAGE);
	map = calloc(1, 8);
	assert_int_equal(pread(p->bed.bar2_fd, map, 8, 4096 + 12288), 8);
	assert_memory_equal(map, "doorbell", 8);
	free(map);
	free(areas);
	close(fd);

	assert_int_equal(vfu_client_region_info(p->client, 0, &info, &areas, &n,
						&fd), 0);
	assert_null(areas);
	assert_int_equal(n, 0);
	assert_int_equal(fd, -1);
	/* Nobody has to take what it does not want. */
	assert_int_equal(vfu_client_region_info(p->client, 2, &info, NULL, NULL,
						NULL), 0);
}

static void registers_are_written_and_read_back(void **state)
{
	struct client_bed *p = *state;
	uint8_t big[BED_BAR0_SIZE], back[BED_BAR0_SIZE];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	for (size_t len = 1; len <= sizeof(big); len = len * 3 + 1) {
		size_t off = sizeof(big) - len;

		assert_int_equal(vfu_client_region_write(p->client, 0, off, big,
							 len), 0);
		assert_int_equal(vfu_client_region_read(p->client, 0, off, back,
							len), 0);
		assert_memory_equal(big, back, len);
	}
	assert_int_equal(vfu_client_region_read(p->client, 0, 8190, back, 4),
			 -EINVAL);
	assert_int_equal(vfu_client_region_write(p->client, 4, 0, big, 4),
			 -EACCES);
	assert_int_equal(vfu_client_region_read(p->client, 5, 0, NULL,
						VFU_MAX_DATA + 1), -EMSGSIZE);
	p->bed.write_error = -EIO;
	assert_int_equal(vfu_client_region_write(p->client, 0, 0, big, 4), -EIO);
}

static void posted_writes_arrive_in_order_before_the_next_reply(void **state)
{
	struct client_bed *p = *state;
	uint32_t value;

	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(vfu_client_region_post(p->client, 0, i % 16 * 4,
							&i, 4), 0);
	assert_int_equal(vfu_client_region_read(p->client, 0, 1999 % 16 * 4,
						&value, 4), 0);
	assert_int_equal(value, 1999);
	assert_int_equal(p->bed.writes, 2000);
	/* A failed posted write says nothing and breaks nothing. */
	assert_int_equal(vfu_client_region_post(p->client, 4, 0, &value, 4), 0);
	assert_int_equal(vfu_client_reset(p->client), 0);
	assert_int_equal(p->bed.resets, 1);
	assert_int_equal(vfu_client_stray(p->client), 0);
}

static void a_megabyte_goes_both_ways(void **state)
{
	struct client_bed *p = *state;
	uint8_t *data = malloc(VFU_MAX_DATA);

	assert_non_null(data);
	memset(data, 0x5a, VFU_MAX_DATA);
	assert_int_equal(vfu_client_region_write(p->client, 5, 0, data,
						 VFU_MAX_DATA), 0);
	assert_int_equal(vfu_client_region_read(p->client, 5, 0, data,
						VFU_MAX_DATA), 0);
	assert_int_equal(data[VFU_MAX_DATA - 1], 0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_client_bed(the_device_describes_itself),
		in_client_bed(a_region_comes_with_its_areas_and_a_file_to_map),
		in_client_bed(registers_are_written_and_read_back),
		in_client_bed(posted_writes_arrive_in_order_before_the_next_reply),
		in_client_bed(a_megabyte_goes_both_ways),
	};

	return cmocka_run_group_tests_name("vfio-user client", tests, NULL,
					   NULL);
}
