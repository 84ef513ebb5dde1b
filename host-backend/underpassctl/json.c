// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how values and documents become JSON in all commands. Must never know
 * what they are.
 */
#include "host-backend/underpassctl/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *ctl_json_text(const char *text)
{
	json_t *json;
	char *copy, *c;

	if (!text[0])
		return json_null();
	json = json_string(text);
	if (json)
		return json;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

json_t *ctl_json_count(uint64_t count)
{
	if (count == UINT64_MAX)
		return json_null();
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

void ctl_json_add(json_t **list, json_t *item)
{
	if (!json_array_append_new(*list, item))
		return;
	json_decref(*list);
	*list = NULL;
}

int ctl_json_print(json_t *root, FILE *out)
{
	size_t size = root ? json_dumpb(root, NULL, 0, JSON_INDENT(2)) : 0;
	char *text = size ? malloc(size) : NULL;
	int ret = -ENOMEM;

	if (text && json_dumpb(root, text, size, JSON_INDENT(2)) == size)
		ret = fprintf(out, "%.*s\n", (int)size, text) < 0 ? -EIO : 0;
	free(text);
	json_decref(root);
	return ret;
}
