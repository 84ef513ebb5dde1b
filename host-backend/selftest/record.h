/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns doorbell records: 64 bytes each, from one registered page. Must never know
 * whose counters they hold.
 */
#ifndef HOST_BACKEND_SELFTEST_RECORD_H
#define HOST_BACKEND_SELFTEST_RECORD_H

#include <endian.h>

#include "host-backend/selftest/memory.h"

/* Two big-endian words, here and for the HCA. */
struct st_record {
	uint32_t *word;
	uint64_t bus;
};

struct st_records {
	struct st_window page;
	uint64_t taken;			/* a bit for each */
	bool quarantined;		/* the HCA may still read one */
};

/* Both words are zero. -ENOSPC: none is free. */
int st_record_take(struct st_records *records, struct st_record *record);
/* @quarantined: the HCA may still use it, so it is never taken again. A zeroed one is ignored. */
void st_record_give(struct st_records *records, struct st_record *record, bool quarantined);

/* One store; what it promises must be in memory before. */
static inline void st_record_write(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, htobe32(value), __ATOMIC_RELEASE);
}

#endif
