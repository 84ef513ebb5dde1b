/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what tests of firmware objects stand on: an open HCA on a strict model,
 * memory for rings. It must never know which object a test is after.
 */
#ifndef TESTS_UNIT_HOST_OBJECTS_BED_H
#define TESTS_UNIT_HOST_OBJECTS_BED_H

#include "host-backend/hca/defaults.h"
#include "host-backend/hca/eq.h"
#include "host-backend/hca/hca.h"
#include "host-backend/hca/pas.h"
#include "tests/unit/host/model_bed.h"

enum { OBJECTS_PAGE = 4096, OBJECTS_EQ_LOG = 6 };

/**
 * struct objects_bed - an open HCA
 * @model: HCA "a" of it is what we drive
 * @hca: HCA
 * @eq: for completions
 * @base: what the model counted when the HCA was open
 */
struct objects_bed {
	struct model_bed *model;
	struct hca *hca;
	struct hca_eq *eq;
	struct model_bed_counts base;
};

/* Asserts that everything works; @command_ms as in struct hca_config. */
void objects_bed_open(struct objects_bed *bed, unsigned int command_ms);
/*
 * Closes the HCA. @clean: asserts a clean teardown with nothing left behind;
 * else whatever is left is forgiven.
 */
void objects_bed_close(struct objects_bed *bed, bool clean);

/* For cmocka: the model for a group, an HCA for each test. *state is a struct objects_bed. */
int objects_bed_group_setup(void **state);
int objects_bed_group_teardown(void **state);
int objects_bed_setup(void **state);
int objects_bed_teardown(void **state);

/* Until the subnet manager has made the port active; its LID. */
uint16_t objects_bed_wait_active(struct objects_bed *bed);

/* What the model counts now; objects beyond those of the open HCA. */
struct model_bed_counts objects_bed_counts(struct objects_bed *bed);
void objects_bed_assert_as_at_open(struct objects_bed *bed);

/* Memory for a ring: whole pages, in one run unless the test makes others. */
struct objects_ring {
	struct hca_buf buf;
	struct bus_run run;
	struct hca_ring ring;
	uint64_t dbr_iova;		/* a page of its own behind the ring */
	uint8_t *dbr;
};

/* 0 or the error of hca_dma_alloc(). */
int objects_ring_alloc(struct objects_bed *bed, size_t bytes, struct objects_ring *ring);
/* @unsure: the HCA may still use it. */
void objects_ring_free(struct objects_bed *bed, struct objects_ring *ring, bool unsure);
/* Every CQE is the HCA's. */
void objects_ring_fresh_cqes(struct objects_ring *ring, unsigned int cqe_bytes);

#endif
