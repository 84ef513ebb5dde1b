// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns which doorbell record of the page is free. Must never know whose counters
 * they hold.
 */
#include "host-backend/selftest/record.h"

#include <errno.h>
#include <string.h>

enum { RECORD_BYTES = 64 };

int st_record_take(struct st_records *records, struct st_record *record)
{
	unsigned int i;

	for (i = 0; i < ST_PAGE / RECORD_BYTES; i++) {
		if (records->taken & 1ull << i)
			continue;
		records->taken |= 1ull << i;
		record->word = (uint32_t *)(records->page.ptr + i * RECORD_BYTES);
		record->bus = st_window_bus(&records->page, i * RECORD_BYTES);
		memset(record->word, 0, RECORD_BYTES);
		return 0;
	}
	return -ENOSPC;
}

void st_record_give(struct st_records *records, struct st_record *record, bool quarantined)
{
	size_t at;

	if (!record->word)
		return;
	at = (size_t)((uint8_t *)record->word - records->page.ptr);
	if (quarantined)
		records->quarantined = true;
	else
		records->taken &= ~(1ull << at / RECORD_BYTES);
	memset(record, 0, sizeof(*record));
}
