// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the walk through the capability chain of VFIO_IOMMU_GET_INFO. Must never
 * know where the answer came from.
 */
#include "iommu/vfio_type1_info.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };	/* of both capabilities */

struct answer {
	const uint8_t *bytes;
	size_t len;
};

/* False: not all of it lies in the answer. */
static bool copy_out(const struct answer *answer, size_t at, void *dst, size_t len)
{
	if (at > answer->len || len > answer->len - at)
		return false;
	memcpy(dst, answer->bytes + at, len);
	return true;
}

static bool ranges_ordered(const struct iova_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ranges[i].last < ranges[i].first ||
		    (i && ranges[i].first <= ranges[i - 1].last))
			return false;
	return true;
}

static int read_ranges(const struct answer *answer, size_t at, struct iommu_caps *caps)
{
	struct vfio_iommu_type1_info_cap_iova_range cap;
	struct vfio_iova_range range;
	size_t n;

	if (caps->ranges || !copy_out(answer, at, &cap, sizeof(cap)))
		return -EPROTO;
	at += sizeof(cap);
	n = cap.nr_iovas;
	if (n > (answer->len - at) / sizeof(range))
		return -EPROTO;
	if (!n)
		return -EOPNOTSUPP;
	caps->ranges = calloc(n, sizeof(*caps->ranges));
	if (!caps->ranges)
		return -ENOMEM;
	caps->n_ranges = n;
	for (size_t i = 0; i < n; i++) {
		copy_out(answer, at + i * sizeof(range), &range, sizeof(range));
		caps->ranges[i].first = range.start;
		caps->ranges[i].last = range.end;
	}
	return ranges_ordered(caps->ranges, n) ? 0 : -EPROTO;
}

static int read_avail(const struct answer *answer, size_t at, struct iommu_caps *caps)
{
	struct vfio_iommu_type1_info_dma_avail cap;

	if (caps->max_maps != UINT64_MAX || !copy_out(answer, at, &cap, sizeof(cap)))
		return -EPROTO;
	caps->max_maps = cap.avail;
	return 0;
}

static int read_chain(const struct answer *answer, size_t at, struct iommu_caps *caps)
{
	struct vfio_info_cap_header header;
	size_t hops = answer->len / sizeof(header);
	int ret = 0;

	for (; at && !ret; at = header.next) {
		if (!hops-- || !copy_out(answer, at, &header, sizeof(header)))
			return -EPROTO;
		if (header.version != VERSION)
			continue;
		if (header.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			ret = read_ranges(answer, at, caps);
		else if (header.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			ret = read_avail(answer, at, caps);
	}
	return ret;
}

int vfio_type1_parse_info(const void *info, size_t len, struct iommu_caps *caps)
{
	const struct answer answer = { info, len };
	struct iommu_caps found = *caps;
	struct vfio_iommu_type1_info head;
	int ret;

	if (!copy_out(&answer, 0, &head, sizeof(head)))
		return -EPROTO;
	if (!(head.flags & VFIO_IOMMU_INFO_PGSIZES) || !head.iova_pgsizes ||
	    !(head.flags & VFIO_IOMMU_INFO_CAPS))
		return -EOPNOTSUPP;
	found.page_sizes = head.iova_pgsizes;
	found.max_maps = UINT64_MAX;
	found.ranges = NULL;
	found.n_ranges = 0;
	ret = read_chain(&answer, head.cap_offset, &found);
	if (!ret && !found.ranges)
		ret = -EOPNOTSUPP;
	if (ret) {
		free(found.ranges);
		return ret;
	}
	*caps = found;
	return 0;
}
