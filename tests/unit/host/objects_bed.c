// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what tests of firmware objects stand on. It must never know which object
 * a test is after.
 */
#include "tests/unit/host/objects_bed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CQE_OP_OWN_FRESH = 0xf1, DBR_BYTES = OBJECTS_PAGE, ACTIVE_MS = 10000 };

void objects_bed_open(struct objects_bed *bed, unsigned int command_ms)
{
	const struct hca_config config = { .command_ms = command_ms };
	struct hca_transport *transport;
	struct hca_open_error error = { "" };

	if (hca_transport_open(model_bed_device(bed->model, 0), &transport, &error) ||
	    hca_open(transport, &config, &bed->hca, &error))
		fail_msg("%s", error.text);
	assert_int_equal(hca_eq_create(bed->hca, 1, OBJECTS_EQ_LOG, 0, &bed->eq), 0);
	model_bed_counts(bed->model, 0, &bed->base);
}

void objects_bed_close(struct objects_bed *bed, bool clean)
{
	struct hca_close_report report;
	int ret = hca_eq_destroy(bed->eq);

	hca_close(bed->hca, &report);
	bed->hca = NULL;
	model_bed_wait_detached(bed->model);
	if (!clean) {
		model_bed_forgive(bed->model);
		return;
	}
	assert_int_equal(ret, 0);
	assert_string_equal(report.step, "");
	assert_int_equal(report.err, 0);
	assert_int_equal(report.pages_kept, 0);
	assert_int_equal(report.maps_left, 0);
	model_bed_assert_clean(bed->model);
}

int objects_bed_group_setup(void **state)
{
	struct objects_bed *bed = calloc(1, sizeof(*bed));

	*state = bed;
	return bed ? model_bed_open(1, false, &bed->model) : -1;
}

int objects_bed_group_teardown(void **state)
{
	struct objects_bed *bed = *state;

	model_bed_close(bed->model);
	free(bed);
	return 0;
}

int objects_bed_setup(void **state)
{
	objects_bed_open(*state, 0);
	return 0;
}

int objects_bed_teardown(void **state)
{
	objects_bed_close(*state, true);
	return 0;
}

uint16_t objects_bed_wait_active(struct objects_bed *bed)
{
	struct model_bed_counts c;
	unsigned int ms = 0;

	for (model_bed_counts(bed->model, 0, &c); !c.active; model_bed_counts(bed->model, 0, &c)) {
		if (ms++ >= ACTIVE_MS)
			fail_msg("the port does not become active");
		usleep(1000);
	}
	return c.lid;
}

struct model_bed_counts objects_bed_counts(struct objects_bed *bed)
{
	struct model_bed_counts c;

	model_bed_counts(bed->model, 0, &c);
	c.objects -= bed->base.objects;
	c.uar -= bed->base.uar;
	c.eq -= bed->base.eq;
	return c;
}

void objects_bed_assert_as_at_open(struct objects_bed *bed)
{
	struct model_bed_counts c = objects_bed_counts(bed);
	struct hca_dma_stats dma;

	assert_int_equal(c.objects, 0);
	assert_int_equal(c.dma_faults, bed->base.dma_faults);
	hca_dma_stats(hca_dma(bed->hca), &dma);
	assert_int_equal(dma.abandoned, 0);
}

int objects_ring_alloc(struct objects_bed *bed, size_t bytes, struct objects_ring *ring)
{
	int ret;

	bytes = (bytes + OBJECTS_PAGE - 1) & ~(size_t)(OBJECTS_PAGE - 1);
	memset(ring, 0, sizeof(*ring));
	ret = hca_dma_alloc(hca_dma(bed->hca), bytes + DBR_BYTES, OBJECTS_PAGE, &ring->buf);
	if (ret)
		return ret;
	ring->run = (struct bus_run){ ring->buf.iova, bytes };
	ring->ring = (struct hca_ring){ .runs = &ring->run, .n_runs = 1, .bytes = bytes };
	ring->dbr_iova = ring->buf.iova + bytes;
	ring->dbr = ring->buf.ptr + bytes;
	return 0;
}

void objects_ring_free(struct objects_bed *bed, struct objects_ring *ring, bool unsure)
{
	if (unsure)
		hca_dma_abandon(hca_dma(bed->hca), &ring->buf);
	else
		hca_dma_free(hca_dma(bed->hca), &ring->buf);
}

void objects_ring_fresh_cqes(struct objects_ring *ring, unsigned int cqe_bytes)
{
	size_t at;

	for (at = cqe_bytes; at <= ring->run.size; at += cqe_bytes)
		ring->buf.ptr[at - 1] = CQE_OP_OWN_FRESH;
}
