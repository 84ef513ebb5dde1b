// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a random life from its beginning to its end. Must never know how a test
 * program reports.
 */
#include "tests/unit/iommu/random_life.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/iommu/random_ops.h"
#include "tests/unit/iommu/recorder.h"

#define TIDE		1000u	/* operations of growing, then as many of shrinking */
#define COMPARE_EVERY	1000u

static void *need(void *ptr)
{
	if (!ptr || ptr == MAP_FAILED)
		abort();
	return ptr;
}

static uint64_t life_now(void *ctx)
{
	return ((struct random_life *)ctx)->now;
}

static void life_revoked(void *ctx, struct iommu_registration *reg)
{
	reference_revoked(((struct random_life *)ctx)->ref, reg);
}

static int open_file(unsigned int file)
{
	size_t size = REF_FILE_PAGES * REF_PAGE;
	int fd = memfd_create("reference", MFD_CLOEXEC);
	uint8_t *base;

	if (fd < 0 || ftruncate(fd, (off_t)size))
		abort();
	base = need(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	for (uint64_t page = 0; page < REF_FILE_PAGES; page++) {
		uint64_t stamp = ref_stamp(file, page);

		memcpy(base + page * REF_PAGE, &stamp, sizeof(stamp));
	}
	munmap(base, size);
	return fd;
}

/* --- one life ------------------------------------------------------------------------ */

static struct iommu_registrar_config life_config(struct random_life *life)
{
	return (struct iommu_registrar_config){
		.policy = life->config->policy,
		.granule = 1ull << (13 + random_below(&life->seed, 9)),
		.idle_bytes = REF_PAGE << random_below(&life->seed, 11),
		.idle_ms = 5 + (unsigned int)random_below(&life->seed, 100),
		.fall_back = random_percent(&life->seed, 50) &&
			     life->config->policy <= IOMMU_POLICY_LAZY,
		.now_ms = life_now,
		.now_ctx = life,
		.revoked = life_revoked,
		.revoked_ctx = life,
	};
}

static void life_owners(struct random_life *life)
{
	for (unsigned int i = 0; i < RANDOM_OWNERS; i++) {
		life->owners[i] = (struct iommu_owner){ .max_bytes = UINT64_MAX,
							.max_registrations = UINT64_MAX };
		if (i == 1)
			life->owners[i].max_bytes = (1 + random_below(&life->seed, 400)) * REF_PAGE;
		if (i == 2)
			life->owners[i].max_registrations = random_below(&life->seed, 40);
	}
}

static int life_open(struct random_life *life)
{
	static const struct iova_range few[] = {
		{ 0x10000000, 0x10000000 + (REF_TIGHT_PAGES - 256) * REF_PAGE - 1 },
	};
	bool tight = random_percent(&life->seed, 20), fake;
	struct fake_domain_config wish = {
		.ranges = tight ? few : NULL,
		.n_ranges = tight,
		.max_maps = random_percent(&life->seed, 40) ? 20 + random_below(&life->seed, 150) : 0,
		.needs_hva = random_percent(&life->seed, 75),
		.left = &life->left,
	};
	struct ref_setup setup = { .config = life_config(life) };
	struct iommu_domain *domain = life->config->open(life->config->ctx, &wish, &fake);
	int ret;

	if (!domain)
		return -ENODEV;
	life->fake = fake ? domain : NULL;
	life->recorder = recorder_create(domain);
	life_owners(life);
	life->n_kept = 0;
	ret = ioas_create(life->recorder, &life->ioas);
	if (!ret)
		ret = guest_memory_create(&life->memory);
	if (!ret)
		ret = iommu_registrar_create(life->ioas, life->memory, &setup.config,
					     &life->registrar);
	if (ret)
		return ret;
	setup.recorder = life->recorder;
	setup.fake = life->fake;
	setup.ioas = life->ioas;
	setup.registrar = life->registrar;
	setup.max_maps = domain->caps.max_maps;
	setup.roomy = !fake || !tight;
	life->ref = reference_create(&setup);
	return 0;
}

/* All goes in order, nothing fails any more. */
static const char *life_empty(struct random_life *life)
{
	const char *wrong = NULL;

	recorder_disarm(life->recorder);
	while (reference_live(life->ref) && !wrong) {
		struct iommu_registration *reg = reference_live_at(life->ref, 0);

		wrong = reference_end(life->ref, reg, false, iommu_deregister(life->registrar, reg));
	}
	while (reference_regions(life->ref) && !wrong) {
		uint64_t gpa, size;

		reference_region_at(life->ref, 0, &gpa, &size);
		wrong = reference_region_remove(life->ref, gpa, size,
						iommu_region_remove(life->registrar, gpa, size));
	}
	return wrong;
}

static void life_count(struct random_life *life, const struct ioas_stats *space)
{
	struct random_counts *counts = life->counts;
	struct iommu_registrar_stats stats;

	iommu_registrar_stats(life->registrar, &stats);
	counts->reuses += stats.reuses;
	counts->fallbacks += stats.fallbacks;
	counts->revoked += stats.revoked;
	counts->quarantined += space->quarantined_blocks;
}

static const char *life_close(struct random_life *life)
{
	struct ioas_stats stats;
	bool fake = life->fake != NULL;

	ioas_stats(life->ioas, &stats);
	life_count(life, &stats);
	iommu_registrar_destroy(life->registrar);
	guest_memory_destroy(life->memory);
	life->left = 0;
	ioas_destroy(life->ioas);
	reference_destroy(life->ref);
	if (life->config->close)
		life->config->close(life->config->ctx);
	if (stats.maps != stats.quarantined_maps)
		return "something but the quarantine is mapped at the end";
	return fake && life->left ? "the space was destroyed with mappings in it" : NULL;
}

static const char *compare(struct random_life *life)
{
	struct iommu_registrar_stats stats;

	iommu_registrar_stats(life->registrar, &stats);
	if (stats.registrations > life->counts->most_live)
		life->counts->most_live = stats.registrations;
	if (stats.maps > life->counts->most_maps)
		life->counts->most_maps = stats.maps;
	life->counts->compares++;
	return life->fake ? reference_compare_all(life->ref) : NULL;
}

static const char *life_run(struct random_life *life, uint64_t ops, uint64_t *done)
{
	const char *wrong = NULL;

	for (uint64_t i = 0; i < ops && !wrong; i++) {
		wrong = random_step(life, i / TIDE % 2 == 0);
		*done += 1;
		if (!wrong && (i + 1) % COMPARE_EVERY == 0)
			wrong = compare(life);
	}
	if (!wrong)
		wrong = life_empty(life);
	return wrong ? wrong : compare(life);
}

int random_lives(const struct random_config *config, struct random_counts *counts,
		 char *text, size_t len)
{
	struct random_life life = { .config = config, .counts = counts, .seed = config->seed };
	uint64_t done = 0;
	const char *wrong = NULL;

	for (unsigned int i = 0; i < REF_FILES; i++)
		life.files[i] = open_file(i);
	while (done < config->ops && !wrong) {
		uint64_t left = config->ops - done;

		if (life_open(&life)) {
			snprintf(text, len, "a life did not begin");
			return 1;
		}
		wrong = life_run(&life, left < RANDOM_LIFE_OPS ? left : RANDOM_LIFE_OPS, &done);
		if (!wrong)
			wrong = life_close(&life);
	}
	for (unsigned int i = 0; i < REF_FILES; i++)
		close(life.files[i]);
	if (!wrong)
		return 0;
	snprintf(text, len, "%s\noperation %llu; again: UNDERPASS_SEED=%llu UNDERPASS_OPS=%llu",
		 wrong, (unsigned long long)done, (unsigned long long)config->seed,
		 (unsigned long long)done);
	return 1;
}
