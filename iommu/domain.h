/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what an IOMMU domain can do: map and unmap runs of memory at bus
 * addresses, and say what it is capable of. Each kind of domain stands behind
 * the same table of operations. Must never know who asked for a mapping, nor
 * which bus addresses are free.
 */
#ifndef IOMMU_DOMAIN_H
#define IOMMU_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the device may do with a mapping. */
enum {
	IOMMU_READ = 1u << 0,
	IOMMU_WRITE = 1u << 1,
};

/* Inclusive, so that the last address of the space has a range, too. */
struct iova_range {
	uint64_t first, last;
};

/**
 * struct iommu_caps - what a domain said of itself
 * @page_sizes: bitmap of the sizes, in bytes, that one mapping can be made of
 * @max_maps: mappings that can live at the same time, UINT64_MAX: no limit known
 * @coherent: DMA is coherent with the processor caches whatever the device asks
 *	for (VFIO_DMA_CC_IOMMU); otherwise No-Snoop must be off in the device
 * @ranges: usable bus addresses in ascending order, reserved ones already out;
 *	owned by the domain
 * @n_ranges: how many
 */
struct iommu_caps {
	uint64_t page_sizes;
	uint64_t max_maps;
	bool coherent;
	struct iova_range *ranges;
	size_t n_ranges;
};

/**
 * struct iommu_backing - memory that a mapping leads to
 * @fd: file that holds it, stays the caller's
 * @offset: of its first byte in the file, bytes
 * @hva: the same byte in this process; NULL where the domain says needs_hva
 *	is false
 */
struct iommu_backing {
	int fd;
	uint64_t offset;
	void *hva;
};

struct iommu_domain;

/**
 * struct iommu_domain_ops - one kind of domain
 * @name: for messages, e.g. "vfio-type1"
 * @needs_hva: map() goes by iommu_backing.hva (else by fd and offset)
 * @map: @size bytes at @iova; both multiples of the smallest page size, the
 *	window free. @prot: IOMMU_*. 0; -ENOSPC when the domain has no mapping
 *	left; -ENOMEM also when locked memory is exhausted; other -errno.
 *	Nothing is mapped on error
 * @unmap: everything mapped inside [@iova, @iova + @size); @unmapped: bytes
 *	that really went away, also set on error. 0 or -errno. A caller must
 *	compare @unmapped with what it had mapped: 0 bytes and success is
 *	something that happens
 * @destroy: drop the domain; mappings go with whatever it is attached to
 */
struct iommu_domain_ops {
	const char *name;
	bool needs_hva;
	int (*map)(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		   unsigned int prot, const struct iommu_backing *backing);
	int (*unmap)(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		     uint64_t *unmapped);
	void (*destroy)(struct iommu_domain *domain);
};

struct iommu_domain {
	const struct iommu_domain_ops *ops;
	struct iommu_caps caps;
};

#endif
