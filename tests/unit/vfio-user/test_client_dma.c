// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the client library about DMA, by maps and by messages, against our server.
 * Must never rely on timing to pass.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/vfio-user/client_bed.h"

static void mapped_memory_is_shared(void **state)
{
	struct client_bed *p = *state;
	struct vfu_dma *dma = vfu_server_dma(p->bed.server);
	int fd = vfu_bed_memfd(8 * PAGE);
	char text[16];

	assert_int_equal(vfu_client_dma_map(p->client, 0x100000, 2 * PAGE, RW,
					    fd, 4 * PAGE), 0);
	assert_int_equal(vfu_client_dma_map(p->client, 0x101000, PAGE, RW, fd,
					    0), -EEXIST);
	memcpy(vfu_dma_find(dma, 0x101000)->vaddr + PAGE, "hello", 6);
	assert_int_equal(pread(fd, text, 6, 5 * PAGE), 6);
	assert_string_equal(text, "hello");
	assert_int_equal(vfu_server_dma_read(p->bed.server, 0x101000, text, 6),
			 0);
	assert_string_equal(text, "hello");
	assert_int_equal(vfu_server_dma_read(p->bed.server, 0x101ffc, text, 8),
			 -EFAULT);
	assert_int_equal(vfu_client_dma_unmap(p->client, 0x100000, PAGE),
			 -EINVAL);
	assert_int_equal(vfu_client_dma_unmap(p->client, 0x100000, 2 * PAGE), 0);
	assert_int_equal(vfu_client_dma_unmap(p->client, 0x100000, 2 * PAGE),
			 -ENOENT);
	assert_int_equal(vfu_client_dma_map(p->client, 0, PAGE, VFU_DMA_READ,
					    fd, 0), 0);
	assert_int_equal(vfu_server_dma_write(p->bed.server, 0, text, 1),
			 -EACCES);
	assert_int_equal(vfu_client_dma_unmap_all(p->client), 0);
	assert_int_equal(vfu_dma_count(dma), 0);
	close(fd);
}

static void an_unmap_tells_how_many_bytes_went(void **state)
{
	struct client_bed *p = *state;
	int fd = vfu_bed_memfd(8 * PAGE);
	uint64_t bytes = 1;

	assert_int_equal(vfu_client_dma_unmap_bytes(p->client, 0, 16 * PAGE, &bytes), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(vfu_client_dma_map(p->client, 0, PAGE, RW, fd, 0), 0);
	assert_int_equal(vfu_client_dma_map(p->client, 4 * PAGE, 2 * PAGE, RW, fd, 0), 0);
	bytes = 1;
	assert_int_equal(vfu_client_dma_unmap_bytes(p->client, 0, 5 * PAGE, &bytes), -EINVAL);
	assert_int_equal(bytes, 1);
	assert_int_equal(vfu_client_dma_unmap_bytes(p->client, 0, 16 * PAGE, &bytes), 0);
	assert_int_equal(bytes, 3 * PAGE);
	assert_int_equal(vfu_dma_count(vfu_server_dma(p->bed.server)), 0);
	close(fd);
}

static void a_thousand_maps_can_be_under_way(void **state)
{
	struct client_bed *p = *state;
	struct vfu_client_result result;
	int fd = vfu_bed_memfd(PAGE);
	uint16_t ids[VFU_CLIENT_WINDOW], id;

	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < VFU_CLIENT_WINDOW; i++)
			assert_int_equal(vfu_client_submit_dma_map(p->client,
					i / 2 * PAGE, PAGE, RW, fd, 0, &ids[i]),
					0);
		assert_int_equal(vfu_client_submit_dma_unmap(p->client, 0, PAGE,
							     &id), -EBUSY);
		for (unsigned int i = 0; i < VFU_CLIENT_WINDOW; i++) {
			assert_int_equal(vfu_client_collect(p->client, &result),
					 0);
			assert_int_equal(result.id, ids[i]);
			assert_int_equal(result.error, i % 2 ? -EEXIST : 0);
		}
		assert_int_equal(vfu_client_collect(p->client, &result),
				 -ENOENT);
		assert_int_equal(vfu_client_dma_unmap_all(p->client), 0);
	}
	close(fd);
}

/* The device reads 8 bytes at the address written to it and adds one. */
static void dma_on_write(struct vfu_bed *bed, uint64_t off)
{
	uint64_t iova, value = 0;
	int ret;

	if (off)
		return;
	memcpy(&iova, bed->bar0, sizeof(iova));
	ret = vfu_server_dma_read(bed->server, iova, &value, sizeof(value));
	value++;
	if (!ret)
		ret = vfu_server_dma_write(bed->server, iova, &value,
					   sizeof(value));
	memcpy(bed->bar0 + 8, &ret, sizeof(ret));
}

static int device_add(struct client_bed *p, uint64_t iova)
{
	int result = 0;

	assert_int_equal(vfu_client_region_write(p->client, 0, 0, &iova,
						 sizeof(iova)), 0);
	assert_int_equal(vfu_client_region_read(p->client, 0, 8, &result,
						sizeof(result)), 0);
	return result;
}

static void a_device_reaches_memory_by_messages(void **state)
{
	struct client_bed *p = *state;

	p->bed.on_write = dma_on_write;
	client_bed_start(p);
	p->memory[PAGE + 16] = 41;
	assert_int_equal(device_add(p, PAGE + 16), -EFAULT);
	assert_int_equal(p->asked, 0);
	assert_int_equal(vfu_client_dma_map(p->client, 0, 2 * PAGE, RW, -1, 0),
			 0);
	assert_int_equal(device_add(p, PAGE + 16), 0);
	assert_int_equal(p->memory[PAGE + 16], 42);
	/* The client's own refusal comes through. */
	assert_int_equal(vfu_client_dma_map(p->client, 64 * PAGE, PAGE, RW, -1,
					    0), 0);
	assert_int_equal(device_add(p, 64 * PAGE), -EFAULT);
	assert_int_equal(vfu_client_dma_unmap_all(p->client), 0);
	assert_int_equal(device_add(p, PAGE + 16), -EFAULT);
}

static void commands_sent_while_the_device_waits_keep_their_order(void **state)
{
	struct client_bed *p = *state;
	struct vfu_client_result result;
	struct { struct vfu_region_access access; uint64_t iova; } w = {
		{ 0, 0, 8 }, 0 };
	uint16_t ids[64];

	p->bed.on_write = dma_on_write;
	client_bed_start(p);
	assert_int_equal(vfu_client_dma_map(p->client, 0, PAGE, RW, -1, 0), 0);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(vfu_client_submit(p->client,
						   VFU_CMD_REGION_WRITE, &w,
						   sizeof(w), NULL, 0, &ids[i]),
				 0);
	for (unsigned int i = 0; i < 64; i++) {
		assert_int_equal(vfu_client_collect(p->client, &result), 0);
		assert_int_equal(result.id, ids[i]);
		assert_int_equal(result.error, 0);
	}
	assert_int_equal(p->memory[0], 64);
	assert_int_equal(p->asked, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_client_bed(mapped_memory_is_shared),
		in_client_bed(an_unmap_tells_how_many_bytes_went),
		in_client_bed(a_thousand_maps_can_be_under_way),
		in_threads(a_device_reaches_memory_by_messages),
		in_threads(commands_sent_while_the_device_waits_keep_their_order),
	};

	return cmocka_run_group_tests_name("vfio-user client DMA", tests, NULL,
					   NULL);
}
