/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the writing of answers to VFIO_IOMMU_GET_INFO, good and bad ones. Must
 * never know who reads them.
 */
#ifndef TESTS_UNIT_IOMMU_TYPE1_ANSWER_H
#define TESTS_UNIT_IOMMU_TYPE1_ANSWER_H

#include <linux/vfio.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/domain.h"

enum { TYPE1_ANSWER_BYTES = 512 };

/* As the kernel builds it: each capability is chained to the one before. */
struct type1_answer {
	union {
		struct vfio_iommu_type1_info info;
		uint8_t bytes[TYPE1_ANSWER_BYTES];
	};
	size_t len;
	size_t last;		/* where the last capability is, 0: none yet */
};

void type1_answer_init(struct type1_answer *answer, uint64_t page_sizes);
/* Each returns where in the answer the capability is. */
size_t type1_answer_add(struct type1_answer *answer, uint16_t id, uint16_t version, size_t len);
size_t type1_answer_add_ranges(struct type1_answer *answer, const struct iova_range *ranges,
			       uint32_t n);
size_t type1_answer_add_avail(struct type1_answer *answer, uint32_t avail);
/* 4 KiB pages, the two ranges of x86, migration, 65,535 mappings left. */
void type1_answer_usual(struct type1_answer *answer);

#endif
