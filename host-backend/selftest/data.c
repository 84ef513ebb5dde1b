// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns patterns, keys and the comparison of every byte. Must never know how bytes
 * travel.
 */
#include "host-backend/selftest/data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/mkey.h"
#include "host-backend/selftest/run.h"

enum {
	BYTES = (1 << 20) + (1 << 16),	/* that the key covers */
	BYTES_BRIEF = 1 << 16,
	STRONG_VARIANT = 0x5a, WEAK_VARIANT = 0xa6,
};

static int key_create(struct st_run *run, struct st_data *data, unsigned int access,
		      uint8_t variant, uint32_t *key, bool *has)
{
	const struct hca_mkey_attr attr = {
		.pd = run->objects.pd, .access = access, .variant = variant,
		.start = data->va, .len = data->len,
	};
	int ret = hca_mkey_create(run->hca, &attr, data->window.bus, data->window.n_bus,
				  ST_DATA_EDGE, key);

	*has = !ret;
	data->quarantined = data->quarantined || hca_cmd_unsure(ret);
	return ret ? st_fail_command(run, ret, "memory key") : 0;
}

int st_data_open(struct st_run *run, struct st_data *data, const char *name, bool scattered)
{
	uint64_t len = run->config.brief ? BYTES_BRIEF : BYTES;
	int ret;

	*data = (struct st_data){ .name = name };
	ret = st_window(run, len + 2 * ST_DATA_EDGE, scattered, &data->window);
	if (ret)
		return ret;
	data->want = calloc(1, data->window.size);
	if (!data->want)
		return -ENOMEM;
	data->va = (uintptr_t)data->window.ptr + ST_DATA_EDGE;
	data->len = len;
	memset(data->window.ptr, ST_GUARD, data->window.size);
	memset(data->want, ST_GUARD, data->window.size);
	ret = key_create(run, data, HCA_MKEY_ACCESS_ALL, STRONG_VARIANT, &data->key,
			 &data->has_key);
	if (ret)
		return ret;
	return key_create(run, data, HCA_MKEY_LOCAL_READ | HCA_MKEY_LOCAL_WRITE, WEAK_VARIANT,
			  &data->weak_key, &data->has_weak_key);
}

static int key_destroy(struct st_run *run, struct st_data *data, bool has, uint32_t key)
{
	int ret = has ? hca_mkey_destroy(run->hca, key) : 0;

	if (!ret)
		return 0;
	data->quarantined = true;
	return st_fail_command(run, ret, "memory key");
}

int st_data_close(struct st_run *run, struct st_data *data)
{
	int ret, err;

	ret = key_destroy(run, data, data->has_weak_key, data->weak_key);
	err = key_destroy(run, data, data->has_key, data->key);
	ret = ret ? ret : err;
	err = st_window_end(run, &data->window, data->quarantined);
	free(data->want);
	memset(data, 0, sizeof(*data));
	return ret ? ret : err;
}

uint8_t *st_data_ptr(const struct st_data *data, uint64_t at)
{
	return data->window.ptr + ST_DATA_EDGE + at;
}

/* No period that a shifted copy would match (xorshift). */
static void pattern(uint8_t *p, uint64_t len, uint32_t seed, uint8_t flip)
{
	uint32_t x = seed * 0x9e3779b9u | 1;
	uint64_t i;

	for (i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		p[i] = (uint8_t)(x >> 11) ^ flip;
	}
}

void st_data_fill(struct st_data *data, uint64_t at, uint64_t len, uint32_t seed)
{
	pattern(st_data_ptr(data, at), len, seed, 0);
	st_data_accept(data, at, len);
}

void st_data_expect(struct st_data *data, uint64_t at, uint64_t len, uint32_t seed)
{
	pattern(st_data_ptr(data, at), len, seed, 0xff);
	pattern(data->want + ST_DATA_EDGE + at, len, seed, 0);
}

void st_data_accept(struct st_data *data, uint64_t at, uint64_t len)
{
	memcpy(data->want + ST_DATA_EDGE + at, st_data_ptr(data, at), len);
}

int st_data_check(struct st_run *run, struct st_data *data)
{
	uint8_t *is = data->window.ptr, *want = data->want;
	uint64_t i;

	if (!memcmp(is, want, data->window.size))
		return 0;
	for (i = 0; is[i] == want[i]; i++)
		;
	st_fail(run, -EILSEQ, "%s memory, byte %lld of what the key covers (%llu bytes): "
		"0x%02x, should be 0x%02x", data->name, (long long)(i - ST_DATA_EDGE),
		(unsigned long long)data->len, is[i], want[i]);
	memcpy(want, is, data->window.size);
	return -EILSEQ;
}
