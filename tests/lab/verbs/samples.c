// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the statistics of measured times. Must never know what was measured.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/samples.h"

int verbs_samples_init(struct verbs_samples *samples, size_t room)
{
	*samples = (struct verbs_samples){ .ns = calloc(room, sizeof(*samples->ns)), .room = room };
	return samples->ns ? 0 : verbs_failed(ENOMEM, "calloc");
}

void verbs_samples_fini(struct verbs_samples *samples)
{
	free(samples->ns);
	*samples = (struct verbs_samples){ 0 };
}

void verbs_samples_add(struct verbs_samples *samples, uint64_t ns)
{
	if (samples->n == samples->room)
		abort();
	samples->ns[samples->n++] = ns;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct verbs_summary verbs_samples_sum_up(struct verbs_samples *samples)
{
	size_t n = samples->n;
	uint64_t total = 0;

	qsort(samples->ns, n, sizeof(*samples->ns), by_size);
	for (size_t i = 0; i < n; i++)
		total += samples->ns[i];
	return (struct verbs_summary){
		.median_ns = (samples->ns[(n - 1) / 2] + samples->ns[n / 2]) / 2,
		.mean_ns = total / n,
		.min_ns = samples->ns[0],
	};
}
