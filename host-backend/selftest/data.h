/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns registered data that is fully accounted for: what every byte must be at
 * any time. Must never know how bytes travel.
 */
#ifndef HOST_BACKEND_SELFTEST_DATA_H
#define HOST_BACKEND_SELFTEST_DATA_H

#include "host-backend/selftest/memory.h"

struct st_run;

/*
 * Bytes before and behind what the key covers: in the same registration, so that
 * only the key keeps the HCA off them. Not whole pages.
 */
#define ST_DATA_EDGE	(ST_PAGE + 24u)

/**
 * struct st_data - a window with a key
 * @name: for messages
 * @want: what each byte of the window must be
 * @va, @len: what the key covers
 * @key: to it, for everybody's access
 * @weak_key: the same range without remote access
 */
struct st_data {
	const char *name;
	struct st_window window;
	uint8_t *want;
	uint64_t va, len;
	uint32_t key, weak_key;
	bool has_key, has_weak_key, quarantined;
};

int st_data_open(struct st_run *run, struct st_data *data, const char *name, bool scattered);
/* A zeroed one is ignored. */
int st_data_close(struct st_run *run, struct st_data *data);

/* Offsets count from @data->va. */

/* Write a pattern: what will be sent. */
void st_data_fill(struct st_data *data, uint64_t at, uint64_t len, uint32_t seed);
/* That pattern must arrive here; until then all its bits are the other way round. */
void st_data_expect(struct st_data *data, uint64_t at, uint64_t len, uint32_t seed);
/* Whatever is there now is right. */
void st_data_accept(struct st_data *data, uint64_t at, uint64_t len);
uint8_t *st_data_ptr(const struct st_data *data, uint64_t at);

/*
 * Every byte of the window. -EILSEQ, with the first that is wrong as the step's text; what
 * is there then counts as right, so that later steps are judged by themselves.
 */
int st_data_check(struct st_run *run, struct st_data *data);

#endif
