// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the fuzz targets of the HCA share: a model inside the process, a
 * driver for its one HCA, and the seeds. It must never know what an input
 * means.
 */
#include "tests/fuzz/bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct model *model;
struct hca *hca;
struct hc *hc;

void must(int ok)
{
	if (!ok)
		abort();
}

static void pump(void *arg)
{
	(void)arg;
	model_run_once(model, false);
}

void bed_open(size_t arena, bool map_nothing)
{
	char dir[] = "/tmp/fuzz-XXXXXX", path[64];
	struct model_hca_config mc = { .name = "fuzz", .socket_path = path, .listen_fd = -1 };
	struct hc_config config = { .socket_path = path, .pump = pump, .arena = arena,
				    .iova = 1 << 24, .map_nothing = map_nothing };

	must(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/s", dir);
	must(model_create(&model) == 0);
	model->log = fopen("/dev/null", "a");
	model->trace = getenv("HCA_TRACE") ? fopen(getenv("HCA_TRACE"), "a") : NULL;
	must(model_add_hca(model, &mc, &hca) == 0);
	must(hc_open(&config, &hc) == 0);
	unlink(path);
	rmdir(dir);
}

void bed_bringup(void)
{
	hca_reset(hca);
	hc_forget(hc);
	hc_free_all(hc);
	must(hc_bringup(hc) == 0);
}

size_t bed_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	uint32_t x = seed * 2654435761u + 1;
	unsigned int n;

	max = max < BED_MAX_INPUT ? max : BED_MAX_INPUT;
	if (seed % 4 || size + 128 > max)
		return LLVMFuzzerMutate(data, size < max ? size : max, max);
	for (n = BED_HEAD + seed / 4 % 64; n; n--) {
		x = x * 1664525u + 1013904223u;
		data[size++] = (uint8_t)(x >> 12 & 3 ? x >> 24 : x >> 24 & 7);
	}
	return size;
}
