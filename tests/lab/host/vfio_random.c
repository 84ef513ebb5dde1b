// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the random comparison of test_random over kernel VFIO: a shorter run, in a
 * machine that has an IOMMU. What is mapped cannot be looked up there; it is
 * probed by trying to map. Must never know the operations.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iommu/random_life.h"
#include "tests/unit/iommu/vfio_group.h"

struct target {
	const char *bdf;
	struct vfio_group vfio;
};

static struct iommu_domain *open_group(void *ctx, const struct fake_domain_config *wish, bool *fake)
{
	struct target *target = ctx;
	struct iommu_domain *domain;
	int ret = vfio_group_open(target->bdf, &target->vfio, &domain);

	(void)wish;
	*fake = false;
	if (!ret)
		return domain;
	fprintf(stderr, "vfio_random: %s: %s\n", target->bdf, strerror(-ret));
	return NULL;
}

static void close_group(void *ctx)
{
	struct target *target = ctx;

	vfio_group_close(&target->vfio);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "exact", "lazy", "granule", "static" };
	struct target target = { .bdf = argv[1] };

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: vfio_random DDDD:BB:DD.F [OPERATIONS [SEED]]\n");
		return 2;
	}
	for (unsigned int policy = IOMMU_POLICY_EXACT; policy <= IOMMU_POLICY_STATIC; policy++) {
		const struct random_config config = {
			.policy = policy,
			.seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1,
			.ops = argc > 2 ? strtoull(argv[2], NULL, 0) : 10000,
			.open = open_group,
			.close = close_group,
			.ctx = &target,
		};
		struct random_counts counts = { 0 };
		char text[512];

		if (random_lives(&config, &counts, text, sizeof(text))) {
			fprintf(stderr, "%s: %s\n", names[policy], text);
			return 1;
		}
		printf("%s: %llu operations as the reference says, %llu registrations, %llu revoked, "
		       "%llu quarantined, %llu probes\n", names[policy],
		       (unsigned long long)config.ops,
		       (unsigned long long)counts.reasons[IOMMU_OK],
		       (unsigned long long)counts.revoked, (unsigned long long)counts.quarantined,
		       (unsigned long long)counts.probes);
	}
	return 0;
}
