// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of a device that is shown to a vfio-user client's guest:
 * accesses, memory, vectors, reset and end reach it as hv/device.h says.
 * Must never know what a device does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/vfio.h>

#include "hv/vfio-user/client.h"
#include "hv/vfio-user/guest.h"

enum { PAGE = 4096, VECTORS = 3, CONFIG = 256, FRESH = -100 };

struct world {
	struct hv_device device;
	struct vfu_guest *guest;
	struct vfu_client *client;
	char dir[32], path[48];
	int window;			/* file behind BAR 2 */
	uint8_t config[CONFIG];
	/* what the device was told last */
	unsigned int bar, resets, attached, detached, removed;
	uint64_t off;
	size_t len;
	uint8_t bytes[8];
	struct hv_memory memory;
	bool memory_was_open;
	int refuse;
	int vector[VECTORS];
	unsigned int told[VECTORS];
};

static void config_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	memcpy(buf, ((struct world *)ctx)->config + off, len);
}

static void config_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	memcpy(((struct world *)ctx)->config + off, buf, len);
}

static void bar_read(void *ctx, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	struct world *w = ctx;

	w->bar = bar;
	w->off = off;
	memset(buf, 0x5a, len);
}

static void bar_write(void *ctx, unsigned int bar, uint64_t off, const void *buf, size_t len)
{
	struct world *w = ctx;

	w->bar = bar;
	w->off = off;
	w->len = len;
	memcpy(w->bytes, buf, len < sizeof(w->bytes) ? len : sizeof(w->bytes));
}

static void reset(void *ctx)
{
	((struct world *)ctx)->resets++;
}

static int memory_added(void *ctx, const struct hv_memory *memory)
{
	struct world *w = ctx;

	w->memory = *memory;
	w->memory_was_open = lseek(memory->fd, 0, SEEK_END) > 0;
	return w->refuse;
}

static void memory_removed(void *ctx, uint64_t gpa, uint64_t size)
{
	(void)gpa;
	(void)size;
	((struct world *)ctx)->removed++;
}

static void vector_changed(void *ctx, unsigned int vector, int eventfd)
{
	struct world *w = ctx;

	w->vector[vector] = eventfd;
	w->told[vector]++;
}

static void attached(void *ctx)
{
	((struct world *)ctx)->attached++;
}

static void detached(void *ctx)
{
	((struct world *)ctx)->detached++;
}

static const struct hv_device_ops ops = {
	config_read, config_write, bar_read, bar_write, reset, memory_added, memory_removed,
	vector_changed, attached, detached,
};

static void idle(void *arg)
{
	assert_int_equal(vfu_guest_dispatch(((struct world *)arg)->guest), 0);
}

static int setup(void **state)
{
	static const struct hv_area areas[] = { { 0, PAGE }, { 2 * PAGE, PAGE } };
	struct world *w = calloc(1, sizeof(*w));
	struct vfu_guest_config config = { .path = w->path };
	struct vfu_client_config client = { .path = w->path, .idle = idle, .idle_arg = w };
	unsigned int i;

	w->window = memfd_create("window", MFD_CLOEXEC);
	assert_int_equal(ftruncate(w->window, 8 * PAGE), 0);
	w->device = (struct hv_device){
		.ops = &ops, .ctx = w, .config_size = CONFIG, .n_vectors = VECTORS,
		.bars[0] = { .size = 4 * PAGE },
		.bars[2] = { .size = 4 * PAGE, .fd = w->window, .fd_offset = PAGE,
			     .areas = areas, .n_areas = 2 },
	};
	for (i = 0; i < VECTORS; i++)
		w->vector[i] = FRESH;
	strcpy(w->dir, "/tmp/vfu-guest-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	strcpy(w->path, w->dir);
	strcat(w->path, "/sock");
	assert_int_equal(vfu_guest_create(&w->device, &config, &w->guest), 0);
	assert_int_equal(vfu_client_open(&client, &w->client), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	vfu_client_close(w->client);
	vfu_guest_destroy(w->guest);
	assert_int_equal(w->attached, w->detached);
	close(w->window);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void accesses_reach_the_device_where_they_were_meant(void **state)
{
	struct world *w = *state;
	uint32_t word = 0;

	assert_int_equal(w->attached, 1);
	assert_true(vfu_guest_attached(w->guest));
	word = 0x11223344;
	assert_int_equal(vfu_client_region_write(w->client, VFIO_PCI_CONFIG_REGION_INDEX, 64,
						 &word, 4), 0);
	word = 0;
	assert_int_equal(vfu_client_region_read(w->client, VFIO_PCI_CONFIG_REGION_INDEX, 64,
						&word, 4), 0);
	assert_int_equal(word, 0x11223344);
	assert_int_equal(vfu_client_region_write(w->client, 2, 0x1020, &word, 4), 0);
	assert_int_equal(w->bar, 2);
	assert_int_equal(w->off, 0x1020);
	assert_int_equal(w->len, 4);
	assert_memory_equal(w->bytes, &word, 4);
	assert_int_equal(vfu_client_region_read(w->client, 0, 0x30, &word, 4), 0);
	assert_int_equal(word, 0x5a5a5a5a);
	assert_int_equal(w->bar, 0);
	assert_int_equal(vfu_client_region_read(w->client, 1, 0, &word, 4), -EINVAL);
	assert_int_equal(vfu_client_reset(w->client), 0);
	assert_int_equal(w->resets, 1);
}

static void areas_can_be_mapped_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct vfu_region_info info;
	struct vfu_area *areas;
	unsigned int n;
	int fd;

	assert_int_equal(vfu_client_region_info(w->client, 2, &info, &areas, &n, &fd), 0);
	assert_true(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	assert_int_equal(info.offset, PAGE);
	assert_int_equal(info.size, 4 * PAGE);
	assert_int_equal(n, 2);
	assert_int_equal(areas[1].offset, 2 * PAGE);
	assert_true(fd >= 0);
	close(fd);
	free(areas);
	assert_int_equal(vfu_client_region_info(w->client, 0, &info, &areas, &n, &fd), 0);
	assert_false(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	assert_int_equal(fd, -1);
}

static void memory_comes_with_its_file_and_is_taken_back(void **state)
{
	struct world *w = *state;
	int fd = memfd_create("ram", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, 4 * PAGE), 0);
	assert_int_equal(vfu_client_dma_map(w->client, 0x100000, 2 * PAGE, 3, fd, PAGE), 0);
	assert_int_equal(w->memory.gpa, 0x100000);
	assert_int_equal(w->memory.size, 2 * PAGE);
	assert_int_equal(w->memory.offset, PAGE);
	assert_true(w->memory.writable);
	assert_true(w->memory_was_open);
	assert_int_equal(vfu_client_dma_map(w->client, 0x200000, PAGE, 1, fd, 0), 0);
	assert_false(w->memory.writable);
	/* Another device's BAR is no memory. */
	assert_int_equal(vfu_client_dma_map(w->client, 0x300000, PAGE, 3, -1, 0), 0);
	assert_int_equal(w->memory.gpa, 0x200000);
	assert_int_equal(vfu_client_dma_unmap(w->client, 0x100000, 2 * PAGE), 0);
	assert_int_equal(w->removed, 1);
	w->refuse = -ENOSPC;
	assert_int_equal(vfu_client_dma_map(w->client, 0x100000, PAGE, 3, fd, 0), -ENOSPC);
	assert_int_equal(vfu_client_dma_unmap(w->client, 0x100000, PAGE), -ENOENT);
	close(fd);
}

static void a_vector_is_told_of_when_it_changes_and_only_then(void **state)
{
	struct world *w = *state;
	int a = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), none = -1;

	assert_int_equal(vfu_client_set_eventfds(w->client, VFIO_PCI_MSIX_IRQ_INDEX, 1, &a, 1), 0);
	assert_int_equal(w->told[1], 1);
	assert_true(w->vector[1] >= 0);
	assert_int_equal(w->told[0] + w->told[2], 0);
	assert_int_equal(vfu_client_set_eventfds(w->client, VFIO_PCI_MSIX_IRQ_INDEX, 2, &a, 1), 0);
	assert_int_equal(w->told[1], 1);
	assert_int_equal(vfu_client_set_eventfds(w->client, VFIO_PCI_MSIX_IRQ_INDEX, 1, &none, 1),
			 0);
	assert_int_equal(w->vector[1], -1);
	vfu_client_close(w->client);
	w->client = NULL;
	idle(w);
	assert_int_equal(w->vector[2], -1);
	close(a);
}

static void an_interrupt_of_a_masked_vector_comes_when_it_is_unmasked(void **state)
{
	struct world *w = *state;
	int a = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t one = 1, count;

	assert_int_equal(vfu_client_set_eventfds(w->client, VFIO_PCI_MSIX_IRQ_INDEX, 1, &a, 1), 0);
	assert_int_equal(vfu_client_irq_action(w->client, VFIO_PCI_MSIX_IRQ_INDEX,
					       VFIO_IRQ_SET_ACTION_MASK, 1, 1, NULL), 0);
	assert_int_equal(write(w->vector[1], &one, sizeof(one)), sizeof(one));
	assert_int_equal(read(a, &count, sizeof(count)), -1);
	assert_int_equal(vfu_client_irq_action(w->client, VFIO_PCI_MSIX_IRQ_INDEX,
					       VFIO_IRQ_SET_ACTION_UNMASK, 1, 1, NULL), 0);
	assert_int_equal(read(a, &count, sizeof(count)), sizeof(count));
	assert_int_equal(write(w->vector[1], &one, sizeof(one)), sizeof(one));
	assert_int_equal(read(a, &count, sizeof(count)), sizeof(count));
	close(a);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(accesses_reach_the_device_where_they_were_meant),
		in_world(areas_can_be_mapped_and_nothing_else),
		in_world(memory_comes_with_its_file_and_is_taken_back),
		in_world(a_vector_is_told_of_when_it_changes_and_only_then),
		in_world(an_interrupt_of_a_masked_vector_comes_when_it_is_unmasked),
	};

	return cmocka_run_group_tests_name("vfio-user guest", tests, NULL, NULL);
}
