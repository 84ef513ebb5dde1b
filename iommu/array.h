/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how an array grows that begins inside of its owner, so that short ones cost
 * no allocation. Must never know the elements.
 */
#ifndef IOMMU_ARRAY_H
#define IOMMU_ARRAY_H

#include <stdlib.h>
#include <string.h>

/* Twice the room of @v, which is @few or from here; NULL: out of memory, @v is as it was. */
static inline void *array_grown(void *v, const void *few, size_t *cap, size_t size)
{
	void *more = reallocarray(v == few ? NULL : v, 2 * *cap, size);

	if (more && v == few)
		memcpy(more, few, *cap * size);
	if (more)
		*cap *= 2;
	return more;
}

static inline void array_free(void *v, const void *few)
{
	if (v != few)
		free(v);
}

#endif
