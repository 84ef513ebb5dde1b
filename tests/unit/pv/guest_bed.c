// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the device of the bed and the guest's life upon it. It must never know
 * what a test is after.
 */
#include "tests/unit/pv/guest_bed.h"

#include <endian.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "host-backend/hca/clock.h"

enum { PAGE = UP_PAGE };

#define RAM_BYTES	(2 * GUEST_REGION + GUEST_ROM_BYTES)

static struct {
	struct model_bed *model;
} group;

static void log_line(void *ctx, enum pv_log_level level, const char *message)
{
	struct guest_bed *bed = ctx;

	__atomic_fetch_add(&bed->log_lines, 1, __ATOMIC_RELAXED);
	if (getenv("PV_LOG"))
		fprintf(stderr, "# %d %s\n", (int)level, message);
}

/* What underpassd's loop does. */
static void *run_loop(void *arg)
{
	struct guest_bed *bed = arg;
	struct pollfd fds[2] = {
		{ .fd = vfu_guest_fd(bed->shown), .events = POLLIN },
		{ .fd = bed->stop, .events = POLLIN },
	};

	while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
		vfu_guest_dispatch(bed->shown);
	return NULL;
}

static void make_ram(struct guest_bed *bed)
{
	void *mem;

	bed->ram = memfd_create("guest", MFD_CLOEXEC);
	assert_true(bed->ram >= 0);
	assert_int_equal(ftruncate(bed->ram, (off_t)RAM_BYTES), 0);
	mem = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, bed->ram, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	bed->mem = mem;
}

static void open_device(struct guest_bed *bed, const struct pv_config *given)
{
	struct pv_config config = { 0 };
	struct hca_transport *transport;
	struct hca_open_error error = { "" };

	if (given)
		config = *given;
	if (!config.n_vectors)
		config.n_vectors = GUEST_VECTORS;
	if (!config.limits.uars)
		config.limits.uars = 8;
	config.log = log_line;
	config.ctx = bed;
	if (hca_transport_open(model_bed_device(bed->model, 0), &transport, &error) ||
	    pv_create(transport, &config, &bed->pv, &error))
		fail_msg("%s", error.text);
}

void guest_bed_open(struct guest_bed *bed, const struct pv_config *config)
{
	struct vfu_guest_config show = { .path = bed->path };

	memset(bed, 0, sizeof(*bed));
	bed->model = group.model;
	strcpy(bed->dir, "/tmp/guest-bed-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	snprintf(bed->path, sizeof(bed->path), "%s/sock", bed->dir);
	open_device(bed, config);
	model_bed_counts(bed->model, 0, &bed->base);
	assert_int_equal(vfu_guest_create(pv_device(bed->pv), &show, &bed->shown), 0);
	bed->stop = eventfd(0, EFD_CLOEXEC);
	assert_true(bed->stop >= 0);
	make_ram(bed);
	assert_int_equal(pthread_create(&bed->loop, NULL, run_loop, bed), 0);
}

void guest_bed_close(struct guest_bed *bed, bool clean)
{
	struct hca_close_report report;
	const uint64_t one = 1;

	if (bed->client)
		guest_bed_detach(bed);
	assert_int_equal(write(bed->stop, &one, sizeof(one)), sizeof(one));
	pthread_join(bed->loop, NULL);
	vfu_guest_destroy(bed->shown);
	pv_destroy(bed->pv, &report);
	munmap(bed->mem, RAM_BYTES);
	close(bed->ram);
	close(bed->stop);
	rmdir(bed->dir);
	model_bed_wait_detached(bed->model);
	if (!clean) {
		model_bed_forgive(bed->model);
		return;
	}
	assert_string_equal(report.step, "");
	assert_int_equal(report.err, 0);
	assert_int_equal(report.pages_kept, 0);
	assert_int_equal(report.maps_left, 0);
	model_bed_assert_clean(bed->model);
}

void guest_bed_attach(struct guest_bed *bed)
{
	const struct vfu_client_config config = { .path = bed->path, .timeout_ms = GUEST_WAIT_MS };
	unsigned int i;

	assert_int_equal(vfu_client_open(&config, &bed->client), 0);
	assert_int_equal(vfu_client_dma_map(bed->client, GUEST_LOW, GUEST_REGION, 3, bed->ram, 0),
			 0);
	assert_int_equal(vfu_client_dma_map(bed->client, GUEST_HIGH, GUEST_REGION, 3, bed->ram,
					    GUEST_REGION), 0);
	assert_int_equal(vfu_client_dma_map(bed->client, GUEST_ROM, GUEST_ROM_BYTES, 1, bed->ram,
					    2 * GUEST_REGION), 0);
	for (i = 0; i < GUEST_VECTORS; i++)
		bed->irq[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(vfu_client_set_eventfds(bed->client, VFIO_PCI_MSIX_IRQ_INDEX, 0, bed->irq,
						 GUEST_VECTORS), 0);
}

void guest_bed_detach(struct guest_bed *bed)
{
	unsigned int i;

	vfu_client_close(bed->client);
	bed->client = NULL;
	for (i = 0; i < GUEST_VECTORS; i++)
		close(bed->irq[i]);
}

uint32_t guest_bed_read(struct guest_bed *bed, uint32_t reg)
{
	uint32_t value = 0;

	assert_int_equal(vfu_client_region_read(bed->client, UP_BAR_CONTROL, reg, &value,
						sizeof(value)), 0);
	return le32toh(value);
}

void guest_bed_write(struct guest_bed *bed, uint32_t reg, uint32_t value)
{
	value = htole32(value);
	assert_int_equal(vfu_client_region_write(bed->client, UP_BAR_CONTROL, reg, &value,
						 sizeof(value)), 0);
}

void guest_bed_wait_status(struct guest_bed *bed, uint32_t status)
{
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS;

	while (guest_bed_read(bed, UP_REG_STATUS) != status) {
		if (hca_now_ms() > end)
			fail_msg("status is %u, not %u", guest_bed_read(bed, UP_REG_STATUS),
				 status);
		hca_sleep_us(200);
	}
}

void guest_bed_start(struct guest_bed *bed)
{
	guest_bed_stop(bed);
	bed->low = 0;
	bed->high = GUEST_REGION;
	memset(bed->mem, 0, 2 * GUEST_REGION);
	bed->ring_gpa = guest_bed_pages(bed, sizeof(struct up_ring));
	bed->ring = guest_bed_at(bed, bed->ring_gpa);
	bed->submitted = bed->seen = bed->events_seen = 0;
	bed->busy = bed->done = 0;
	guest_bed_write(bed, UP_REG_DRIVER_FEATURES, 0);
	guest_bed_write(bed, UP_REG_RING_LOW, (uint32_t)bed->ring_gpa);
	guest_bed_write(bed, UP_REG_RING_HIGH, (uint32_t)(bed->ring_gpa >> 32));
	guest_bed_write(bed, UP_REG_STATUS, UP_STATUS_READY);
	assert_int_equal(guest_bed_read(bed, UP_REG_STATUS), UP_STATUS_READY);
}

void guest_bed_stop(struct guest_bed *bed)
{
	guest_bed_write(bed, UP_REG_STATUS, UP_STATUS_RESET);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
}

void guest_bed_doorbell(struct guest_bed *bed, uint32_t page, uint32_t off, uint32_t first,
			uint32_t second)
{
	const uint32_t words[2] = { htobe32(first), htobe32(second) };

	assert_int_equal(vfu_client_region_write(bed->client, UP_BAR_UAR,
						 (uint64_t)page * UP_PAGE + off, words,
						 sizeof(words)), 0);
}

void guest_bed_doorbell32(struct guest_bed *bed, uint32_t page, uint32_t off, uint32_t word)
{
	word = htobe32(word);
	assert_int_equal(vfu_client_region_write(bed->client, UP_BAR_UAR,
						 (uint64_t)page * UP_PAGE + off, &word,
						 sizeof(word)), 0);
}

struct model_bed_counts guest_bed_counts(struct guest_bed *bed)
{
	const struct model_bed_counts *b = &bed->base;
	struct model_bed_counts c;

	model_bed_counts(bed->model, 0, &c);
	c.objects -= b->objects;
	c.uar -= b->uar;
	c.pd -= b->pd;
	c.xrcd -= b->xrcd;
	c.mkey -= b->mkey;
	c.eq -= b->eq;
	c.cq -= b->cq;
	c.qp -= b->qp;
	c.srq -= b->srq;
	c.dma_ranges -= b->dma_ranges;
	c.dma_bytes -= b->dma_bytes;
	return c;
}

void guest_bed_assert_empty(struct guest_bed *bed)
{
	struct model_bed_counts c = guest_bed_counts(bed);

	assert_int_equal(c.objects, 0);
	assert_int_equal(c.dma_faults, bed->base.dma_faults);
}

int guest_bed_group_setup(void **state)
{
	struct guest_bed *bed = calloc(1, sizeof(*bed));

	*state = bed;
	return bed ? model_bed_open(1, false, &group.model) : -1;
}

int guest_bed_group_teardown(void **state)
{
	model_bed_close(group.model);
	free(*state);
	return 0;
}

int guest_bed_setup(void **state)
{
	guest_bed_open(*state, NULL);
	guest_bed_attach(*state);
	guest_bed_start(*state);
	return 0;
}

int guest_bed_teardown(void **state)
{
	struct guest_bed *bed = *state;

	if (bed->client) {
		guest_bed_stop(bed);
		guest_bed_assert_empty(bed);
	}
	guest_bed_close(bed, true);
	return 0;
}
