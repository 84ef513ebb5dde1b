/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the work requests that change keys, and the keys to change. It must
 * never know who may do so.
 */
#ifndef TESTS_UNIT_HCA_UMR_BED_H
#define TESTS_UNIT_HCA_UMR_BED_H

#include "tests/unit/hca/world.h"

enum { UMR_WQE_BYTES = 48 + 64, UMR_INLINE_BYTES = 64, UMR_PAGES = 4, UMR_VA = 0x5550000 };

/* All that a registration sets. */
#define UMR_MASK_ALL (UMR_MASK_LEN | UMR_MASK_START_ADDR | UMR_MASK_KEY | UMR_MASK_LR | \
		      UMR_MASK_LW | UMR_MASK_RR | UMR_MASK_RW | UMR_MASK_FREE)

struct umr_request {
	uint8_t raw[UMR_WQE_BYTES + UMR_INLINE_BYTES];
	uint32_t len;
};

/* UMR control segment, key segment, and (where @pages) an inline translation. */
struct umr_request umr_request(uint64_t mask, uint8_t flags, const struct hc_mkey *m,
			       uint32_t key, const uint64_t *pages);
struct hc_wr umr_wr(const struct umr_request *u, uint32_t key);

/* A key over the side's buffer, whose pages are in reverse order. */
struct hc_mkey umr_wanted(const struct side *s);
void umr_fill_pages(const struct side *s, uint64_t pages[UMR_PAGES]);
/* As any application's is with the Linux driver: in use, with "umr_en", in its own domain. */
uint32_t umr_key_in_use(struct side *s);

/* Another queue pair for side b, as the kernel's are or not. */
void umr_kernel_qp(struct pair *p, bool fre);
/* Side a writes by a key of b: it works, or completes with @syndrome. */
void umr_write_through(struct pair *p, uint32_t key, uint8_t syndrome);
/* Side b posts: a bind error, and the queue pair is dead until it is connected again. */
void umr_not_bound(struct pair *p, const struct hc_wr *wr);

#endif
