// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of registrations from request to end, and what their owners have
 * used up. Must never know how a policy gets memory mapped.
 */
#include "iommu/registration.h"

#include <errno.h>
#include <stdlib.h>

#include "iommu/links.h"
#include "iommu/policy.h"
#include "iommu/refusal.h"

void registration_free(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	links_remove(registrar, reg);
	pool_free(&registrar->registrations, reg);
}

/* What would be used is told, capped where it does not fit 64 bits. */
static int check_quota(const struct iommu_owner *owner, uint64_t bytes,
		       struct iommu_refusal *refusal)
{
	uint64_t total = bytes < UINT64_MAX - owner->bytes ? owner->bytes + bytes : UINT64_MAX;

	if (bytes > UINT64_MAX - owner->bytes || total > owner->max_bytes)
		return iommu_refuse(refusal, IOMMU_OWNER_BYTES, total, owner->max_bytes);
	if (owner->registrations >= owner->max_registrations)
		return iommu_refuse(refusal, IOMMU_OWNER_COUNT, owner->registrations + 1,
				    owner->max_registrations);
	return 0;
}

static int map_by(struct iommu_registrar *registrar, enum iommu_policy kind,
		  const struct iommu_request *request, const struct piece_list *pieces,
		  struct iommu_registration *reg, struct iommu_refusal *refusal)
{
	reg->policy = (uint8_t)kind;
	return policy_by_kind(kind)->map(registrar, request, pieces, reg, refusal);
}

static int create(struct iommu_registrar *registrar, const struct iommu_request *request,
		  const struct piece_list *pieces, struct iommu_registration **out,
		  struct iommu_refusal *refusal)
{
	struct iommu_registration *reg = pool_alloc(&registrar->registrations);
	int ret;

	if (!reg)
		return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
	*reg = (struct iommu_registration){
		.access = (uint8_t)request->access,
		.state = REGISTRATION_LIVE,
		.size = pieces->size,
	};
	if (links_reserve(registrar, pieces, reg)) {
		ret = iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
		goto free_reg;
	}
	ret = map_by(registrar, registrar->config.policy, request, pieces, reg, refusal);
	if (ret && refusal->reason == IOMMU_TOO_MANY_MAPS && registrar->config.fall_back) {
		ret = map_by(registrar, IOMMU_POLICY_GRANULE, request, pieces, reg, refusal);
		registrar->stats.fallbacks += !ret;
	}
	if (ret)
		goto free_reg;
	links_add(registrar, pieces, reg);
	*out = reg;
	return 0;

free_reg:
	registration_free(registrar, reg);
	return ret;
}

static int create_or_reuse(struct iommu_registrar *registrar,
			   const struct iommu_request *request,
			   const struct piece_list *pieces,
			   struct iommu_registration **out, struct iommu_refusal *refusal)
{
	const struct policy_ops *policy = policy_by_kind(registrar->config.policy);
	int ret = check_quota(request->owner, pieces->size, refusal);

	if (ret)
		return ret;
	*out = policy->reuse ? policy->reuse(registrar, request, pieces) : NULL;
	if (*out)
		registrar->stats.reuses++;
	else
		ret = create(registrar, request, pieces, out, refusal);
	if (ret)
		return ret;
	(*out)->owner = request->owner;
	(*out)->context = NULL;
	request->owner->bytes += pieces->size;
	request->owner->registrations++;
	registrar->stats.registered_bytes += pieces->size;
	registrar->stats.registrations++;
	return 0;
}

int iommu_register(struct iommu_registrar *registrar, const struct iommu_request *request,
		   struct iommu_registration **out, struct iommu_refusal *refusal)
{
	struct iommu_refusal unasked;
	struct piece_list pieces;
	int ret;

	if (!refusal)
		refusal = &unasked;
	ret = piece_list_build(registrar->memory, request, &pieces, refusal);
	if (!ret) {
		ret = create_or_reuse(registrar, request, &pieces, out, refusal);
		piece_list_free(&pieces);
	}
	if (ret)
		registrar->stats.refusals++;
	else
		*refusal = (struct iommu_refusal){ .reason = IOMMU_OK };
	return ret;
}

static int end(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon)
{
	int ret;

	reg->owner->bytes -= reg->size;
	reg->owner->registrations--;
	registrar->stats.registered_bytes -= reg->size;
	registrar->stats.registrations--;
	ret = policy_by_kind(reg->policy)->end(registrar, reg, abandon);
	if (reg->state != REGISTRATION_IDLE)
		registration_free(registrar, reg);
	return ret;
}

int iommu_deregister(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	return end(registrar, reg, false);
}

int iommu_abandon(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	return end(registrar, reg, true);
}

const struct bus_run *iommu_registration_bus(const struct iommu_registration *reg, size_t *n)
{
	bool own = reg->policy == IOMMU_POLICY_EXACT || reg->policy == IOMMU_POLICY_LAZY;

	*n = own ? 1 : reg->shared.n_bus;
	return *n == 1 ? &reg->bus : reg->bus_runs;
}

uint64_t iommu_registration_size(const struct iommu_registration *reg)
{
	return reg->size;
}

unsigned int iommu_registration_access(const struct iommu_registration *reg)
{
	return reg->access;
}

bool iommu_registration_revoked(const struct iommu_registration *reg)
{
	return reg->state == REGISTRATION_REVOKED;
}

void iommu_registration_set_context(struct iommu_registration *reg, void *ctx)
{
	reg->context = ctx;
}

void *iommu_registration_context(const struct iommu_registration *reg)
{
	return reg->context;
}
