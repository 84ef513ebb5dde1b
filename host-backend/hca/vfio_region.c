// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns regions of a VFIO device: their description by the kernel and the parts
 * of them that are mapped here. Must never know what lies in them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "host-backend/hca/vfio.h"

enum { MAX_REPLY = 1 << 20 };	/* a description that is longer is nonsense */

/*
 * The offset of a capability in the reply, 0: none. Every step goes forward, so
 * that the walk ends. -EPROTO.
 */
static int find_cap(const uint8_t *reply, size_t len, const struct vfio_region_info *info,
		    uint16_t id, size_t *at)
{
	struct vfio_info_cap_header cap;
	size_t min = sizeof(*info), here;

	*at = 0;
	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return 0;
	for (here = info->cap_offset; here; here = cap.next) {
		if (here < min || here > len || len - here < sizeof(cap))
			return -EPROTO;
		memcpy(&cap, reply + here, sizeof(cap));
		if (cap.id == id) {
			*at = here;
			return 0;
		}
		min = here + sizeof(cap);
	}
	return 0;
}

static int add_area(struct hca_vfio_region *region, uint64_t offset, uint64_t size, uint64_t page)
{
	const struct hca_vfio_area *last = region->n_areas ?
					   &region->areas[region->n_areas - 1] : NULL;

	if (!size)
		return 0;
	if ((offset | size) & (page - 1) || size > region->size || offset > region->size - size)
		return -EPROTO;
	if (last && offset < last->offset + last->size)
		return -EPROTO;
	region->areas[region->n_areas++] = (struct hca_vfio_area){ offset, size, NULL };
	return 0;
}

static int parse_sparse(const uint8_t *reply, size_t len, size_t at, uint64_t page,
			struct hca_vfio_region *region)
{
	struct vfio_region_info_cap_sparse_mmap cap;
	struct vfio_region_sparse_mmap_area area;
	const uint8_t *areas;
	uint32_t i;
	int ret = 0;

	if (len - at < sizeof(cap))
		return -EPROTO;
	memcpy(&cap, reply + at, sizeof(cap));
	if (cap.nr_areas > (len - at - sizeof(cap)) / sizeof(area))
		return -EPROTO;
	if (!cap.nr_areas)
		return 0;
	region->areas = calloc(cap.nr_areas, sizeof(*region->areas));
	if (!region->areas)
		return -ENOMEM;
	areas = reply + at + sizeof(cap);
	for (i = 0; i < cap.nr_areas && !ret; i++) {
		memcpy(&area, areas + i * sizeof(area), sizeof(area));
		ret = add_area(region, area.offset, area.size, page);
	}
	return ret;
}

static int parse_areas(const uint8_t *reply, size_t len, const struct vfio_region_info *info,
		       uint64_t page, struct hca_vfio_region *region)
{
	size_t at;
	int ret;

	ret = find_cap(reply, len, info, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &at);
	if (ret)
		return ret;
	if (at)
		return parse_sparse(reply, len, at, page, region);
	region->areas = calloc(1, sizeof(*region->areas));
	if (!region->areas)
		return -ENOMEM;
	return add_area(region, 0, region->size, page);
}

int hca_vfio_region_parse(const void *reply, size_t len, uint64_t page,
			  struct hca_vfio_region *region)
{
	struct vfio_region_info info;
	int ret = 0;

	memset(region, 0, sizeof(*region));
	if (len < sizeof(info))
		return -EPROTO;
	memcpy(&info, reply, sizeof(info));
	if (info.offset > INT64_MAX || info.size > INT64_MAX - info.offset)
		return -EPROTO;
	region->size = info.size;
	region->offset = info.offset;
	if (info.flags & VFIO_REGION_INFO_FLAG_MMAP && info.size)
		ret = parse_areas(reply, len, &info, page, region);
	if (ret)
		hca_vfio_region_free(region);
	return ret;
}

int hca_vfio_region_query(int device, unsigned int index, struct hca_vfio_region *region)
{
	struct vfio_region_info *info = NULL, *more;
	uint32_t argsz = sizeof(*info);
	unsigned int tries;
	int ret = -EPROTO;

	memset(region, 0, sizeof(*region));
	for (tries = 0; tries < 3; tries++) {
		more = realloc(info, argsz);
		if (!more) {
			ret = -ENOMEM;
			break;
		}
		info = more;
		memset(info, 0, argsz);
		info->argsz = argsz;
		info->index = index;
		if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, info)) {
			ret = -errno;
			break;
		}
		/* The kernel says how much it needs, and then leaves the capabilities out. */
		if (info->argsz <= argsz) {
			ret = hca_vfio_region_parse(info, argsz, (uint64_t)sysconf(_SC_PAGESIZE),
						    region);
			break;
		}
		if (info->argsz > MAX_REPLY)
			break;
		argsz = info->argsz;
	}
	free(info);
	return ret;
}

int hca_vfio_region_map(struct hca_vfio_region *region, int device)
{
	unsigned int i;
	void *ptr;
	int ret;

	for (i = 0; i < region->n_areas; i++) {
		struct hca_vfio_area *area = &region->areas[i];

		ptr = mmap(NULL, area->size, PROT_READ | PROT_WRITE, MAP_SHARED, device,
			   (off_t)(region->offset + area->offset));
		if (ptr == MAP_FAILED) {
			ret = -errno;
			goto unmap;
		}
		area->ptr = ptr;
	}
	return 0;

unmap:
	while (i--) {
		munmap(region->areas[i].ptr, region->areas[i].size);
		region->areas[i].ptr = NULL;
	}
	return ret;
}

void hca_vfio_region_free(struct hca_vfio_region *region)
{
	unsigned int i;

	for (i = 0; i < region->n_areas; i++)
		if (region->areas[i].ptr)
			munmap(region->areas[i].ptr, region->areas[i].size);
	free(region->areas);
	memset(region, 0, sizeof(*region));
}
