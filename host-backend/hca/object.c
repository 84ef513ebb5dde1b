// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the making of any object. Must never know which.
 */
#include "host-backend/hca/object.h"

#include <stdlib.h>

int hca_object_create(struct hca *hca, const void *in, size_t ilen, uint32_t *number)
{
	uint8_t out[object_out__SIZE] = { 0 };
	int ret = hca_cmd(hca, in, ilen, out, sizeof(out));

	if (ret)
		return ret;
	if (ifc_get(out, object_out__zero))
		return hca_cmd_nonsense(hca, in);
	*number = (uint32_t)ifc_get(out, object_out__number);
	return 0;
}

void *hca_object_input(size_t fixed, uint64_t n, size_t entry, size_t *len)
{
	if (n > (SIZE_MAX - fixed) / entry)
		return NULL;
	*len = fixed + (size_t)n * entry;
	return calloc(1, *len);
}
