/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what tests of isolation work with: an HCA that talks to itself, a plot of guest
 * memory, keys that cover more than is registered, and a look at what was reached. It
 * must never know which policy promises what.
 *
 * Without a word it is a model in this process. UNDERPASS_DEVICE names another HCA, e.g.
 * "0000:01:00.0": then the faults that its IOMMU should have counted are only printed.
 */
#ifndef TESTS_UNIT_HOST_ISOLATION_BED_H
#define TESTS_UNIT_HOST_ISOLATION_BED_H

#include "host-backend/selftest/pair.h"
#include "host-backend/selftest/run.h"
#include "tests/unit/host/model_bed.h"

#define ISO_GPA	0x300000000ull		/* of the plot: on a border of every granule */

enum {
	ISO_PAGE = 4096,
	ISO_BLOCK = 2 << 20,		/* the granule by default */
	ISO_PLOT = 6 << 20,		/* bytes of guest memory that tests register pieces of */
	ISO_PAGES = 3,			/* of a piece */
	ISO_LEN = 48,			/* of a request */
	ISO_PATTERN = 0x77,		/* what requests write */
	ISO_RW = IOMMU_READ | IOMMU_WRITE,
};

/**
 * struct iso - a run of the self-test's parts, and a plot of guest memory of its own
 * @plot, @want: the plot, and what it must be
 * @canary: a page that is put at bus addresses which are nobody's
 * @faults: DMA faults that requests had to cause; @faults_before: counted earlier
 */
struct iso {
	struct model_bed *model;
	struct selftest_report report;
	struct st_run run;
	struct st_pair pair;
	int fd, canary_fd;
	uint8_t *plot, *want, *canary;
	uint64_t faults, faults_before;
};

/**
 * struct iso_piece - a registered piece of the plot
 * @page: its first, in the plot
 * @bytes: its size
 * @at: @page in bytes
 * @bus: address
 * @va: of the first byte for keys: its address in the plot
 * @key: only of iso_piece_open()
 */
struct iso_piece {
	struct iommu_registration *reg;
	uint64_t page, bytes, at, bus, va;
	uint32_t key;
};

/* For cmocka: *state is the model, or NULL when UNDERPASS_DEVICE is set. */
int iso_setup(void **state);
int iso_teardown(void **state);

/* The registrar's time is the test's: iso_tick_after(). */
void iso_open(void **state, enum iommu_policy policy, struct iso *iso);
/* Asserts that nothing is left, and that there were no other faults than those expected. */
void iso_close(struct iso *iso);
/* Fails the test unless @ret is 0. */
void iso_ok(struct iso *iso, int ret);

/* The canary at a bus address; whether that was free. */
bool iso_canary_map(struct iso *iso, uint64_t bus);
void iso_canary_unmap(struct iso *iso, uint64_t bus);

/* @access: IOMMU_READ, IOMMU_WRITE */
void iso_piece_register(struct iso *iso, uint64_t page, unsigned int access,
			struct iso_piece *piece);
void iso_piece_deregister(struct iso *iso, struct iso_piece *piece);
/* One with nothing at the bus addresses beside it, and a key for a page too many at each end. */
void iso_piece_open(struct iso *iso, struct iso_piece *piece);
/* A key for whatever is at those bus addresses. */
uint32_t iso_key_create(struct iso *iso, uint64_t va, uint64_t bus, uint64_t bytes);
void iso_key_destroy(struct iso *iso, uint32_t key);

/* The syndrome of an RC request at @va; 0: it went well. */
uint8_t iso_request(struct iso *iso, uint8_t opcode, uint32_t key, uint64_t va);
/* From now on @n more faults must have been counted, the newest at @bus; 0: anywhere. */
void iso_expect_faults(struct iso *iso, unsigned int n, uint64_t bus);
/* Neither a write nor a read gets there: the IOMMU says no, at that bus address. */
void iso_stopped_by_iommu(struct iso *iso, uint32_t key, uint64_t va, uint64_t bus);
/* A key that is gone: the HCA itself refuses, nothing reaches the IOMMU. */
void iso_stopped_by_key(struct iso *iso, uint32_t key, uint64_t va);
/* A write gets there, and is to be seen at @at of the plot. */
void iso_reaches(struct iso *iso, uint32_t key, uint64_t va, uint64_t at);
/* Not a byte of guest memory but what was to change has changed, and not one of the canary. */
void iso_nothing_else_changed(struct iso *iso);

void iso_tick_after(struct iso *iso, uint64_t ms);
void iso_flush(struct iso *iso);
/* Removes the plot's region. */
void iso_unplug(struct iso *iso);

#endif
