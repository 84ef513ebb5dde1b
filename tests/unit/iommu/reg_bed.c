// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the bed of registration tests. Must never know policies.
 */
#include "tests/unit/iommu/reg_bed.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t bed_now(void *ctx)
{
	return ((struct reg_bed *)ctx)->now;
}

static void bed_revoked(void *ctx, struct iommu_registration *reg)
{
	struct reg_bed *bed = ctx;

	assert_true(iommu_registration_revoked(reg));
	if (!bed->n_revoked)
		bed->maps_when_revoked = reg_bed_fake(bed).maps;
	assert_true(bed->n_revoked < REG_BED_REVOKED);
	bed->revoked[bed->n_revoked++] = reg;
}

void reg_bed_open(struct reg_bed *bed, const struct fake_domain_config *domain,
		  const struct iommu_registrar_config *config)
{
	struct fake_domain_config mine = { 0 };
	struct iommu_registrar_config conf = { 0 };

	memset(bed, 0, sizeof(*bed));
	bed->left = UINT64_MAX;
	bed->now = 1000;
	bed->owner.max_bytes = UINT64_MAX;
	bed->owner.max_registrations = UINT64_MAX;
	if (domain)
		mine = *domain;
	mine.left = &bed->left;
	if (config)
		conf = *config;
	conf.now_ms = bed_now;
	conf.now_ctx = bed;
	conf.revoked = bed_revoked;
	conf.revoked_ctx = bed;
	bed->domain = fake_domain_create(&mine);
	assert_int_equal(ioas_create(bed->domain, &bed->ioas), 0);
	assert_int_equal(guest_memory_create(&bed->memory), 0);
	assert_int_equal(iommu_registrar_create(bed->ioas, bed->memory, &conf,
						&bed->registrar), 0);
}

void reg_bed_close(struct reg_bed *bed)
{
	struct iommu_registrar_stats stats = reg_bed_stats(bed);

	assert_int_equal(bed->owner.bytes, 0);
	assert_int_equal(bed->owner.registrations, 0);
	assert_int_equal(stats.registrations, 0);
	assert_int_equal(stats.registered_bytes, 0);
	assert_false(fake_domain_disarm(bed->domain));
	iommu_registrar_destroy(bed->registrar);
	guest_memory_destroy(bed->memory);
	/* What is in quarantine may still be mapped; nothing else is. */
	assert_int_equal(reg_bed_ioas(bed).maps, reg_bed_ioas(bed).quarantined_maps);
	assert_int_equal(reg_bed_fake(bed).violations, 0);
	ioas_destroy(bed->ioas);
	assert_int_equal(bed->left, 0);
}

int reg_bed_ram(struct reg_bed *bed, uint64_t gpa, uint64_t size, unsigned int prot)
{
	int fd = memfd_create("ram", MFD_CLOEXEC), ret;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	ret = iommu_region_add(bed->registrar, gpa, size, prot, fd, 0);
	close(fd);
	return ret;
}

struct iommu_registration *reg_bed_one(struct reg_bed *bed, uint64_t gpa, uint64_t size,
				       uint64_t va)
{
	return reg_bed_many(bed, &(struct gpa_run){ gpa, size }, 1, RW, va);
}

struct iommu_registration *reg_bed_many(struct reg_bed *bed, const struct gpa_run *runs,
					size_t n, unsigned int access, uint64_t va)
{
	struct iommu_request request = { &bed->owner, runs, n, access, va };
	struct iommu_refusal refusal = { .reason = IOMMU_EMPTY };
	struct iommu_registration *reg = NULL;

	assert_int_equal(iommu_register(bed->registrar, &request, &reg, &refusal), 0);
	assert_int_equal(refusal.reason, IOMMU_OK);
	assert_int_equal(refusal.err, 0);
	assert_non_null(reg);
	assert_int_equal(iommu_registration_access(reg), access);
	assert_false(iommu_registration_revoked(reg));
	assert_null(iommu_registration_context(reg));
	return reg;
}

struct iommu_refusal reg_bed_refused(struct reg_bed *bed, const struct gpa_run *runs,
				     size_t n, unsigned int access, uint64_t va)
{
	struct iommu_request request = { &bed->owner, runs, n, access, va };
	struct iommu_registrar_stats before = reg_bed_stats(bed), after;
	struct iommu_owner owner = bed->owner;
	struct iommu_registration *reg = NULL;
	struct iommu_refusal refusal = { .reason = IOMMU_OK };
	int ret = iommu_register(bed->registrar, &request, &reg, &refusal);

	assert_true(ret < 0);
	assert_int_equal(ret, refusal.err);
	assert_int_not_equal(refusal.reason, IOMMU_OK);
	assert_null(reg);
	after = reg_bed_stats(bed);
	assert_int_equal(after.refusals, before.refusals + 1);
	assert_int_equal(after.registrations, before.registrations);
	assert_int_equal(after.registered_bytes, before.registered_bytes);
	assert_int_equal(after.mapped_bytes - after.idle_bytes,
			 before.mapped_bytes - before.idle_bytes);
	assert_int_equal(bed->owner.bytes, owner.bytes);
	assert_int_equal(bed->owner.registrations, owner.registrations);
	return refusal;
}

static void reaches_page(struct reg_bed *bed, uint64_t iova, uint64_t gpa, unsigned int prot)
{
	struct memory_region *region = guest_memory_find(bed->memory, gpa);
	struct iommu_backing wanted, found;
	unsigned int found_prot;

	assert_non_null(region);
	assert_int_equal(memory_region_backing(region, gpa - region->gpa, false, &wanted), 0);
	assert_true(fake_domain_lookup(bed->domain, iova, &found, &found_prot));
	if (found.fd != wanted.fd || found.offset != wanted.offset || found_prot != prot)
		fail_msg("bus address 0x%jx leads elsewhere than to 0x%jx",
			 (uintmax_t)iova, (uintmax_t)gpa);
}

void reg_bed_reaches(struct reg_bed *bed, const struct iommu_registration *reg,
		     const struct gpa_run *runs, size_t n, unsigned int prot)
{
	size_t n_bus, i = 0;
	const struct bus_run *bus = iommu_registration_bus(reg, &n_bus);
	uint64_t at = 0, size = 0;

	for (size_t r = 0; r < n; r++) {
		for (uint64_t done = 0; done < runs[r].size; done += PAGE) {
			assert_true(i < n_bus);
			reaches_page(bed, bus[i].iova + at, runs[r].gpa + done, prot);
			at += PAGE;
			if (at == bus[i].size) {
				at = 0;
				i++;
			}
		}
		size += runs[r].size;
	}
	assert_int_equal(i, n_bus);
	assert_int_equal(at, 0);
	assert_int_equal(iommu_registration_size(reg), size);
	for (i = 1; i < n_bus; i++)
		assert_int_not_equal(bus[i - 1].iova + bus[i - 1].size, bus[i].iova);
}

void reg_bed_unreachable(struct reg_bed *bed, const struct bus_run *bus, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (uint64_t at = 0; at < bus[i].size; at += PAGE)
			assert_false(fake_domain_lookup(bed->domain, bus[i].iova + at, NULL, NULL));
}

struct bus_run reg_bed_bus(const struct iommu_registration *reg)
{
	size_t n;
	const struct bus_run *bus = iommu_registration_bus(reg, &n);

	assert_int_equal(n, 1);
	return bus[0];
}

struct iommu_registrar_stats reg_bed_stats(const struct reg_bed *bed)
{
	struct iommu_registrar_stats stats;

	iommu_registrar_stats(bed->registrar, &stats);
	return stats;
}

struct fake_stats reg_bed_fake(const struct reg_bed *bed)
{
	struct fake_stats stats;

	fake_domain_stats(bed->domain, &stats);
	return stats;
}

struct ioas_stats reg_bed_ioas(const struct reg_bed *bed)
{
	struct ioas_stats stats;

	ioas_stats(bed->ioas, &stats);
	return stats;
}
