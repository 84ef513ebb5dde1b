// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the transport over vfio-user against the model: its
 * IOMMU domain, servers that die or hang, many threads. Must never know
 * commands.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host-backend/hca/pci.h"
#include "host-backend/hca/vfio.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/host/transport_bed.h"

#define PAGE	4096u

enum { CMDQ_H = 0x10, FW_REV = 0, CMDIF = 4 };	/* registers */
enum { WEDGED_MS = 300 };

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct memory {
	int fd;
	uint8_t *ptr;
};

static struct memory memory_of(size_t pages)
{
	struct memory m = { .fd = memfd_create("memory", MFD_CLOEXEC) };

	assert_int_equal(ftruncate(m.fd, (off_t)(pages * PAGE)), 0);
	m.ptr = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
	assert_ptr_not_equal(m.ptr, MAP_FAILED);
	return m;
}

static void memory_free(struct memory *m, size_t pages)
{
	munmap(m->ptr, pages * PAGE);
	close(m->fd);
}

static int map(struct hca_transport *t, uint64_t iova, uint64_t pages, unsigned int prot,
	       const struct memory *m, uint64_t page)
{
	const struct iommu_backing backing = { .fd = m->fd, .offset = page * PAGE };

	return t->domain->ops->map(t->domain, iova, pages * PAGE, prot, &backing);
}

static int unmap(struct hca_transport *t, uint64_t iova, uint64_t pages, uint64_t *unmapped)
{
	*unmapped = 77;
	return t->domain->ops->unmap(t->domain, iova, pages * PAGE, unmapped);
}

static void the_hca_reaches_what_is_mapped_and_nothing_beside_it(void **state)
{
	const uint64_t iova = 0xabcde000;
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	struct memory m = memory_of(4);
	uint64_t unmapped;
	char text[5] = "";

	assert_int_equal(hca_pci_bus_master(t, true), 0);
	assert_int_equal(map(t, iova, 2, IOMMU_READ | IOMMU_WRITE, &m, 1), 0);
	assert_int_equal(model_bed_dma_write(bed, 0, iova + PAGE - 2, "abcd", 4), 0);
	assert_memory_equal(m.ptr + 2 * PAGE - 2, "abcd", 4);
	assert_int_equal(model_bed_dma_write(bed, 0, iova + 2 * PAGE, "x", 1), -EFAULT);
	assert_int_equal(model_bed_dma_write(bed, 0, iova - 1, "x", 1), -EFAULT);
	assert_int_equal(m.ptr[3 * PAGE], 0);
	assert_int_equal(m.ptr[PAGE - 1], 0);
	assert_int_equal(unmap(t, iova, 2, &unmapped), 0);
	assert_int_equal(unmapped, 2 * PAGE);
	assert_int_equal(model_bed_dma_read(bed, 0, iova, text, 4), -EFAULT);
	memory_free(&m, 4);
	hca_transport_close(t);
	model_bed_wait_detached(bed);
	model_bed_forgive(bed);		/* the faults that were wanted */
}

static void read_only_means_read_only(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	struct memory m = memory_of(1);
	uint64_t unmapped;
	char text[5] = "";

	assert_int_equal(hca_pci_bus_master(t, true), 0);
	memcpy(m.ptr, "abcd", 4);
	assert_int_equal(map(t, 0x10000, 1, IOMMU_READ, &m, 0), 0);
	assert_int_equal(model_bed_dma_read(bed, 0, 0x10000, text, 4), 0);
	assert_string_equal(text, "abcd");
	assert_int_equal(model_bed_dma_write(bed, 0, 0x10000, "x", 1), -EFAULT);
	assert_int_equal(m.ptr[0], 'a');
	assert_int_equal(unmap(t, 0x10000, 1, &unmapped), 0);
	memory_free(&m, 1);
	hca_transport_close(t);
	model_bed_wait_detached(bed);
	model_bed_forgive(bed);
}

static void an_unmap_tells_the_bytes_that_really_went(void **state)
{
	struct hca_transport *t = transport_bed_open(*state);
	struct memory m = memory_of(8);
	uint64_t unmapped;

	assert_int_equal(unmap(t, 0x100000, 8, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	assert_int_equal(map(t, 0x100000, 2, IOMMU_READ, &m, 0), 0);
	assert_int_equal(map(t, 0x104000, 1, IOMMU_READ, &m, 5), 0);
	assert_int_equal(unmap(t, 0x100000, 1, &unmapped), -EINVAL);
	assert_int_equal(unmapped, 0);
	assert_int_equal(unmap(t, 0x100000, 8, &unmapped), 0);
	assert_int_equal(unmapped, 3 * PAGE);
	memory_free(&m, 8);
	hca_transport_close(t);
}

static void maps_that_make_no_sense_change_nothing(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	struct memory m = memory_of(2), none = { .fd = -1 };
	struct model_bed_counts c;
	uint64_t unmapped;

	assert_int_equal(map(t, 0x100000, 1, IOMMU_READ, &none, 0), -EINVAL);
	assert_int_equal(map(t, 0x100000, 3, IOMMU_READ, &m, 0), -EINVAL);	/* beyond the file */
	assert_int_equal(map(t, 0x100800, 1, IOMMU_READ, &m, 0), -EINVAL);
	model_bed_counts(bed, 0, &c);
	assert_int_equal(c.dma_ranges, 0);
	assert_int_equal(map(t, 0x100000, 2, IOMMU_READ, &m, 0), 0);
	assert_int_equal(map(t, 0x101000, 1, IOMMU_READ, &m, 0), -EEXIST);
	model_bed_counts(bed, 0, &c);
	assert_int_equal(c.dma_ranges, 1);
	assert_int_equal(unmap(t, 0x100000, 2, &unmapped), 0);
	memory_free(&m, 2);
	hca_transport_close(t);
}

/* --- servers that go or hang -------------------------------------------------- */

/* Whatever is called: it ends at once, and says that nobody is there. */
static void expect_gone(struct hca_transport *t)
{
	struct memory m = memory_of(1);
	uint64_t unmapped;
	uint32_t v;
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(t->ops->read32(t, FW_REV), UINT32_MAX);
	assert_int_equal(t->ops->read8(t, FW_REV), UINT8_MAX);
	t->ops->write32(t, CMDQ_H, 1);
	t->ops->write64(t, CMDQ_H, 1, 2);
	assert_int_equal(t->ops->config_read(t, 0, 4, &v), -ENODEV);
	assert_int_equal(t->ops->config_write(t, 4, 2, 0), -ENODEV);
	assert_int_equal(t->ops->set_irq(t, 0, fd), -ENODEV);
	assert_int_equal(t->ops->reset(t), -ENODEV);
	assert_int_equal(map(t, 0x100000, 1, IOMMU_READ, &m, 0), -ENODEV);
	assert_int_equal(unmap(t, 0x200000, 1, &unmapped), -ENODEV);
	assert_int_equal(unmapped, 0);
	memory_free(&m, 1);
	close(fd);
}

static void a_server_that_dies_is_a_device_that_is_gone(void **state)
{
	struct model_bed *bed = *state;
	struct hca_transport *t = transport_bed_open(bed);
	struct memory m = memory_of(1);

	assert_int_equal(map(t, 0x200000, 1, IOMMU_READ, &m, 0), 0);
	model_bed_kill(bed);
	expect_gone(t);
	hca_transport_close(t);
	memory_free(&m, 1);
}

static void a_server_that_hangs_costs_its_time_limit_once(void **state)
{
	struct model_bed *bed = *state;
	const char *path = strchr(model_bed_device(bed, 0), ':') + 1;
	struct memory m = memory_of(1);
	struct hca_transport *t;
	uint64_t start;

	assert_int_equal(hca_vfio_user_open(path, WEDGED_MS, &t, NULL), 0);
	assert_int_equal(map(t, 0x200000, 1, IOMMU_READ, &m, 0), 0);
	model_bed_lock(bed);
	start = now_ms();
	for (unsigned int i = 0; i < 50; i++)
		expect_gone(t);
	assert_true(now_ms() - start >= WEDGED_MS);
	assert_true(now_ms() - start < 10 * WEDGED_MS);
	model_bed_unlock(bed);
	/* It comes back, and finds that it was given up: all mappings went. */
	model_bed_wait_detached(bed);
	expect_gone(t);
	hca_transport_close(t);
	memory_free(&m, 1);
	model_bed_forgive(bed);
}

static void a_server_that_hangs_from_the_start_is_told(void **state)
{
	struct model_bed *bed = *state;
	const char *path = strchr(model_bed_device(bed, 0), ':') + 1;
	struct hca_open_error error;
	struct hca_transport *t;

	model_bed_lock(bed);
	assert_int_equal(hca_vfio_user_open(path, WEDGED_MS, &t, &error), -ETIMEDOUT);
	assert_non_null(strstr(error.text, "hangs"));
	model_bed_unlock(bed);
}

static void memory_may_run_out_and_nothing_stays_open(void **state)
{
	struct hca_open_error error;
	unsigned long at, asked;
	struct hca_transport *t;
	int ret = -ENOMEM;

	/* The model's thread counts, too: what fails it, fails the opening in some way. */
	for (at = 1; ret; at++) {
		assert_true(at < 1000);
		error.text[0] = '\0';
		model_bed_wait_detached(*state);
		fail_alloc_arm(at, false);
		ret = hca_transport_open(model_bed_device(*state, 0), &t, &error);
		asked = fail_alloc_disarm();
		if (ret) {
			assert_true(at <= asked);
			assert_true(error.text[0]);
		} else if (at <= asked) {
			ret = -ENOMEM;	/* the model could do without it */
			hca_transport_close(t);
		}
	}
	hca_transport_close(t);
	hca_transport_close(transport_bed_open(*state));
}

/* --- many threads --------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	struct hca_transport *t;
	const struct memory *m;
	unsigned int i, bad;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	const uint64_t iova = 0x1000000ull * (w->i + 1);
	const uint32_t cmdif = 5;
	uint64_t unmapped;
	uint32_t v;

	for (unsigned int round = 0; round < 300; round++) {
		w->bad += map(w->t, iova, 1, IOMMU_READ, w->m, w->i) != 0;
		w->bad += w->t->ops->read32(w->t, CMDIF) >> 16 != cmdif;
		w->bad += w->t->ops->config_read(w->t, 0, 4, &v) != 0 || v != 0x101315b3;
		w->t->ops->write32(w->t, CMDQ_H, round);
		w->bad += unmap(w->t, iova, 1, &unmapped) != 0 || unmapped != PAGE;
	}
	return NULL;
}

static void all_may_be_called_from_any_thread(void **state)
{
	struct hca_transport *t = transport_bed_open(*state);
	struct memory m = memory_of(4);
	struct worker workers[4];

	for (unsigned int i = 0; i < 4; i++) {
		workers[i] = (struct worker){ .t = t, .m = &m, .i = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].bad, 0);
	}
	memory_free(&m, 4);
	hca_transport_close(t);
}

#define on_pf(f) cmocka_unit_test_setup_teardown(f, model_bed_setup_pf, model_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_pf(the_hca_reaches_what_is_mapped_and_nothing_beside_it),
		on_pf(read_only_means_read_only),
		on_pf(an_unmap_tells_the_bytes_that_really_went),
		on_pf(maps_that_make_no_sense_change_nothing),
		on_pf(a_server_that_dies_is_a_device_that_is_gone),
		on_pf(a_server_that_hangs_costs_its_time_limit_once),
		on_pf(a_server_that_hangs_from_the_start_is_told),
		on_pf(memory_may_run_out_and_nothing_stays_open),
		on_pf(all_may_be_called_from_any_thread),
	};

	return cmocka_run_group_tests_name("vfio-user: DMA and its end", tests, NULL, NULL);
}
