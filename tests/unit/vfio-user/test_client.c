// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the client library, against our server in the same
 * thread or in a thread of its own. Must never rely on timing to pass.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/vfio-user/client.h"
#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull
#define RW	(VFU_DMA_READ | VFU_DMA_WRITE)
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX

struct pair {
	struct vfu_bed bed;
	struct vfu_client *client;
	uint8_t memory[4 * PAGE];	/* what DMA messages reach, at iova 0 */
	unsigned int asked;
	pthread_t thread;
	atomic_bool stop;
};

static void idle(void *arg)
{
	struct vfu_bed *bed = arg;

	assert_int_equal(vfu_server_dispatch(bed->server), 0);
}

static int memory_read(void *ctx, uint64_t iova, void *buf, size_t len)
{
	struct pair *p = ctx;

	p->asked++;
	if (iova >= sizeof(p->memory) || len > sizeof(p->memory) - iova)
		return -EFAULT;
	memcpy(buf, p->memory + iova, len);
	return 0;
}

static int memory_write(void *ctx, uint64_t iova, const void *buf, size_t len)
{
	struct pair *p = ctx;

	p->asked++;
	if (iova >= sizeof(p->memory) || len > sizeof(p->memory) - iova)
		return -EFAULT;
	memcpy(p->memory + iova, buf, len);
	return 0;
}

static void pair_open(struct pair *p, bool same_thread)
{
	struct vfu_client_config config = {
		.timeout_ms = 10000,
		.idle = same_thread ? idle : NULL,
		.idle_arg = &p->bed,
		.dma_read = memory_read,
		.dma_write = memory_write,
		.ctx = p,
	};

	vfu_bed_connect(&p->bed);
	config.fd = p->bed.sock;
	assert_int_equal(vfu_client_open(&config, &p->client), 0);
	p->bed.sock = -1;	/* the client's now */
}

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	vfu_bed_prepare(&p->bed);
	vfu_bed_start(&p->bed);
	pair_open(p, true);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	vfu_client_close(p->client);
	vfu_bed_close(&p->bed);
	free(p);
	return 0;
}

static void *server_thread(void *arg)
{
	struct pair *p = arg;
	struct pollfd pfd = { vfu_server_fd(p->bed.server), POLLIN, 0 };

	while (!atomic_load(&p->stop)) {
		if (poll(&pfd, 1, 10) > 0)
			vfu_server_dispatch(p->bed.server);
	}
	return NULL;
}

static int setup_thread(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	vfu_bed_prepare(&p->bed);
	vfu_bed_start(&p->bed);
	*state = p;
	return 0;
}

/* After the callbacks are set: the server belongs to the thread from here. */
static void thread_start(struct pair *p)
{
	int pair[2];
	struct vfu_client_config config = {
		.timeout_ms = 10000,
		.dma_read = memory_read,
		.dma_write = memory_write,
		.ctx = p,
	};

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	assert_int_equal(vfu_server_adopt(p->bed.server, pair[0]), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, server_thread, p), 0);
	config.fd = pair[1];
	assert_int_equal(vfu_client_open(&config, &p->client), 0);
}

static int teardown_thread(void **state)
{
	struct pair *p = *state;

	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	return teardown(state);
}

/* --- device ----------------------------------------------------------------- */

static void the_device_describes_itself(void **state)
{
	struct pair *p = *state;
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
	struct pair *p = *state;
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
	struct pair *p = *state;
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
	struct pair *p = *state;
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
	struct pair *p = *state;
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

/* --- interrupts ------------------------------------------------------------- */

static uint64_t fired(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void vectors_are_enabled_one_by_one(void **state)
{
	struct pair *p = *state;
	const int none = -1;
	int fds[3];

	for (unsigned int i = 0; i < 3; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, i * 5,
							 &fds[i], 1), 0);
	}
	assert_true(vfu_irq_enabled(p->bed.server, MSIX, 5));
	assert_false(vfu_irq_enabled(p->bed.server, MSIX, 4));
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 5), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 5), 0);
	assert_int_equal(fired(fds[0]) + fired(fds[2]), 0);
	assert_int_equal(fired(fds[1]), 2);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 5, &none, 1),
			 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 5), -ENOENT);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 0), 0);
	assert_int_equal(fired(fds[0]), 1);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 64), -EINVAL);
	assert_int_equal(vfu_irq_trigger(p->bed.server, 9, 0), -EINVAL);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void many_vectors_go_in_several_messages(void **state)
{
	struct pair *p = *state;
	int fds[BED_MSIX];

	for (unsigned int i = 0; i < BED_MSIX; i++)
		fds[i] = i % 20 == 7 ? -1 : eventfd(0, EFD_NONBLOCK);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 0, fds,
						 BED_MSIX), 0);
	for (unsigned int i = 0; i < BED_MSIX; i++) {
		assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, i),
				 fds[i] < 0 ? -ENOENT : 0);
		if (fds[i] >= 0)
			assert_int_equal(fired(fds[i]), 1);
	}
	/* Count 0 disables all of them. */
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_TRIGGER, 0,
					       0, NULL), 0);
	for (unsigned int i = 0; i < BED_MSIX; i++) {
		assert_false(vfu_irq_enabled(p->bed.server, MSIX, i));
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static void a_masked_interrupt_fires_when_it_is_unmasked(void **state)
{
	struct pair *p = *state;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 1, &fd, 1), 0);
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_MASK, 0, 4,
					       NULL), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 1), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 1), 0);
	assert_int_equal(fired(fd), 0);
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_UNMASK, 1, 1,
					       NULL), 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void a_client_can_trigger_its_own_interrupts(void **state)
{
	static const uint8_t which[3] = { 1, 0, 1 };
	struct pair *p = *state;
	int fds[3];

	for (unsigned int i = 0; i < 3; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 0, fds, 3), 0);
	assert_int_equal(vfu_client_irq_action(p->client, MSIX,
					       VFIO_IRQ_SET_ACTION_TRIGGER, 0,
					       3, which), 0);
	assert_int_equal(fired(fds[0]), 1);
	assert_int_equal(fired(fds[1]), 0);
	assert_int_equal(fired(fds[2]), 1);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void a_full_eventfd_does_not_hang_the_server(void **state)
{
	struct pair *p = *state;
	uint64_t full = UINT64_MAX - 1;
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(vfu_client_set_eventfds(p->client, MSIX, 0, &fd, 1), 0);
	assert_int_equal(vfu_irq_trigger(p->bed.server, MSIX, 0), 0);
	close(fd);
}

/* --- DMA -------------------------------------------------------------------- */

static void mapped_memory_is_shared(void **state)
{
	struct pair *p = *state;
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

static void a_thousand_maps_can_be_under_way(void **state)
{
	struct pair *p = *state;
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

static int device_add(struct pair *p, uint64_t iova)
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
	struct pair *p = *state;

	p->bed.on_write = dma_on_write;
	thread_start(p);
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
	struct pair *p = *state;
	struct vfu_client_result result;
	struct { struct vfu_region_access access; uint64_t iova; } w = {
		{ 0, 0, 8 }, 0 };
	uint16_t ids[64];

	p->bed.on_write = dma_on_write;
	thread_start(p);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define THREAD(f) cmocka_unit_test_setup_teardown(f, setup_thread, teardown_thread)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_device_describes_itself),
		TEST(a_region_comes_with_its_areas_and_a_file_to_map),
		TEST(registers_are_written_and_read_back),
		TEST(posted_writes_arrive_in_order_before_the_next_reply),
		TEST(a_megabyte_goes_both_ways),
		TEST(vectors_are_enabled_one_by_one),
		TEST(many_vectors_go_in_several_messages),
		TEST(a_masked_interrupt_fires_when_it_is_unmasked),
		TEST(a_client_can_trigger_its_own_interrupts),
		TEST(a_full_eventfd_does_not_hang_the_server),
		TEST(mapped_memory_is_shared),
		TEST(a_thousand_maps_can_be_under_way),
		THREAD(a_device_reaches_memory_by_messages),
		THREAD(commands_sent_while_the_device_waits_keep_their_order),
	};

	return cmocka_run_group_tests_name("vfio-user client", tests, NULL,
					   NULL);
}
