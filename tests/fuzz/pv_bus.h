/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what is mapped for the paper HCA: an IOMMU domain that remembers it, and
 * what the HCA would read and write there. It must never know what it is told.
 */
#ifndef TESTS_FUZZ_PV_BUS_H
#define TESTS_FUZZ_PV_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/domain.h"

struct iommu_domain *pv_bus_domain(void);
/* From now on a guest is there, whose memory is that file. */
void pv_bus_begin(int ram_fd);
/* Ranges of the guest's memory that are mapped now. */
long pv_bus_guest_ranges(void);

/* Every byte is mapped for the HCA, for what it does there (IOMMU_*). */
bool pv_bus_mapped(uint64_t iova, uint64_t len, unsigned int prot);
/*
 * The same of a list of pages of 2^@log_page bytes, in which @len bytes begin @at
 * bytes after the first one's start.
 */
bool pv_bus_list_mapped(const uint8_t *pas, size_t n, unsigned int log_page, uint64_t at,
			uint64_t len, unsigned int prot);

/* It must lie in one range. */
void pv_bus_read(uint64_t iova, void *buf, size_t len);
void pv_bus_write(uint64_t iova, const void *buf, size_t len);

#endif
