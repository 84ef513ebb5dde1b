/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns registrations: lists of guest-physical runs in, bus addresses out, by one
 * of four policies (design: exact, lazy, granule, static). Each policy is one
 * file, policy_*.c, behind policy.h. Must never know mkeys.
 */
#ifndef IOMMU_REGISTRATION_H
#define IOMMU_REGISTRATION_H

#include "iommu/ioas.h"
#include "iommu/memory.h"

struct iommu_registration;

/* Runs that one request may name: 64 GiB of single pages. Bounds memory and time. */
#define IOMMU_MAX_RUNS	(1u << 24)

enum iommu_policy {
	IOMMU_POLICY_EXACT,	/* own range, page-exact, unmapped before deregistration returns */
	IOMMU_POLICY_LAZY,	/* the same, unmapped within a bound of time and bytes; reused */
	IOMMU_POLICY_GRANULE,	/* aligned blocks, shared and cached */
	IOMMU_POLICY_STATIC,	/* all guest memory, once */
};

/* @bytes and @ms bound what lazy and granule keep mapped without need. */
struct iommu_registrar_config {
	enum iommu_policy policy;
	uint64_t granule;		/* bytes, power of two, 4 KiB to 1 GiB; 0: 2 MiB */
	uint64_t idle_bytes;		/* 0: 64 MiB */
	unsigned int idle_ms;		/* 0: 100 */
	bool fall_back;			/* exact, lazy: too many runs go by granule */
	/* Milliseconds that only grow; NULL: CLOCK_MONOTONIC. For tests. */
	uint64_t (*now_ms)(void *ctx);
	void *now_ctx;
	/*
	 * A registration was unmapped because its memory went away. It stays the
	 * owner's, who still has to deregister it. Must not call the registrar.
	 */
	void (*revoked)(void *ctx, struct iommu_registration *reg);
	void *revoked_ctx;
};

/* Guest-physical, multiples of 4 KiB. */
struct gpa_run {
	uint64_t gpa, size;
};

/* Bus addresses, multiples of 4 KiB. */
struct bus_run {
	uint64_t iova, size;
};

/* Who holds registrations, e.g. one guest or one of its processes: limits and use. */
struct iommu_owner {
	uint64_t max_bytes, max_registrations;	/* UINT64_MAX: none */
	uint64_t bytes, registrations;
};

/* Why a registration was refused. */
enum iommu_reason {
	IOMMU_OK,
	IOMMU_EMPTY,		/* -EINVAL no run, or a run of no bytes */
	IOMMU_UNALIGNED,	/* -EINVAL not whole pages */
	IOMMU_WRAPS,		/* -EINVAL beyond 2^64, or all runs together are */
	IOMMU_OVERLAP,		/* -EEXIST a page is named twice */
	IOMMU_NOT_RAM,		/* -EFAULT no region there */
	IOMMU_READ_ONLY,	/* -EACCES write access to a read-only region */
	IOMMU_BAD_ACCESS,	/* -EINVAL unknown or no access bits */
	IOMMU_TOO_MANY_RUNS,	/* -E2BIG more than IOMMU_MAX_RUNS */
	IOMMU_OWNER_BYTES,	/* -EDQUOT */
	IOMMU_OWNER_COUNT,	/* -EDQUOT */
	IOMMU_TOO_MANY_MAPS,	/* -ENOSPC the domain's mapping limit; the remedy is granule or the limit */
	IOMMU_NO_IOVA,		/* -ENOSPC no bus addresses */
	IOMMU_NO_MEMORY,	/* -ENOMEM our own */
	IOMMU_MAP_FAILED,	/* the domain's error, e.g. -ENOMEM: locked memory limit */
	IOMMU_NOT_CONFIRMED,	/* -EUCLEAN undone, but not confirmed: quarantined */
};

/* What a refusal is about: all a message needs. */
struct iommu_refusal {
	enum iommu_reason reason;
	int err;			/* -errno */
	uint64_t at;			/* guest-physical address, where one is to blame */
	uint64_t wanted, limit;		/* maps, bytes or registrations */
};

/* One line for a person, with the remedy where there is one. @len bytes incl. NUL. */
void iommu_refusal_text(const struct iommu_refusal *refusal, char *buf, size_t len);

struct iommu_request {
	struct iommu_owner *owner;
	const struct gpa_run *runs;	/* not kept; read once */
	size_t n_runs;
	unsigned int access;		/* IOMMU_*; without WRITE it is mapped read-only */
	uint64_t va;			/* of the first page, as the HCA will see it; multiple of 4 KiB */
};

struct iommu_registrar;

/**
 * iommu_registrar_create() - registrations in an address space
 * @ioas: where to map; outlives the registrar
 * @memory: the guest's; outlives the registrar and has no other. Regions that are
 *	there already count as added
 * @config: copied
 * @out: the registrar
 *
 * Return: 0; -EINVAL for a policy or granule that there is not; -ENOMEM; static:
 * errors of mapping.
 */
int iommu_registrar_create(struct ioas *ioas, struct guest_memory *memory,
			   const struct iommu_registrar_config *config,
			   struct iommu_registrar **out);
/* Every registration must be gone; cached mappings go now. */
void iommu_registrar_destroy(struct iommu_registrar *registrar);

/**
 * iommu_register() - make guest memory reachable at bus addresses
 * @registrar: registrar
 * @request: what, for whom, how
 * @out: the registration; owned by the caller until iommu_deregister()
 * @refusal: why not; may be NULL
 *
 * All or nothing.
 *
 * Return: 0 or refusal->err.
 */
int iommu_register(struct iommu_registrar *registrar,
		   const struct iommu_request *request,
		   struct iommu_registration **out,
		   struct iommu_refusal *refusal);

/**
 * iommu_deregister() - the end of a registration
 * @registrar: registrar
 * @reg: gone in every case
 *
 * The HCA must have confirmed that nothing refers to it any more; otherwise
 * iommu_abandon().
 *
 * Return: 0: unreachable as the policy promises; -EUCLEAN when the domain did
 * not confirm it: the block is quarantined.
 */
int iommu_deregister(struct iommu_registrar *registrar,
		     struct iommu_registration *reg);

/**
 * iommu_abandon() - the end of a registration that the HCA may still refer to
 * @registrar: registrar
 * @reg: gone in every case
 *
 * Its bus addresses are never used again. exact and lazy unmap it now; granule
 * takes its blocks out of use: each is unmapped when no other registration is
 * left in it, and serves no new one; static unmaps with the region.
 *
 * Return: as iommu_deregister().
 */
int iommu_abandon(struct iommu_registrar *registrar, struct iommu_registration *reg);

/* Bus addresses in the order of the runs, neighbours merged; owned by @reg. One for exact and lazy. */
const struct bus_run *iommu_registration_bus(const struct iommu_registration *reg, size_t *n);
uint64_t iommu_registration_size(const struct iommu_registration *reg);
unsigned int iommu_registration_access(const struct iommu_registration *reg);
bool iommu_registration_revoked(const struct iommu_registration *reg);
/* For the owner's use. */
void iommu_registration_set_context(struct iommu_registration *reg, void *ctx);
void *iommu_registration_context(const struct iommu_registration *reg);

/**
 * iommu_region_add() - guest memory appears; static maps it at once
 *
 * As guest_memory_add(), and errors of mapping: then the region is not there.
 */
int iommu_region_add(struct iommu_registrar *registrar, uint64_t gpa,
		     uint64_t size, unsigned int prot, int fd, uint64_t offset);

/**
 * iommu_region_remove() - guest memory goes
 * @registrar: registrar
 * @gpa: window that holds whole regions, maybe several
 * @size: bytes
 *
 * Everything registered in them is unmapped when this returns, then told of by
 * revoked(). Registrations that also touch other regions go with it: what they have
 * there is unmapped, too, but for blocks of granule that others are in, and in static
 * for regions that stay. Until they are deregistered nobody else gets their addresses.
 *
 * Return: 0; -ENOENT no region; -EINVAL the window cuts a region (nothing
 * happened); -EUCLEAN when an unmapping was not confirmed.
 */
int iommu_region_remove(struct iommu_registrar *registrar, uint64_t gpa,
			uint64_t size);

/**
 * iommu_revoke_all() - everything registered is unmapped, though its memory stays
 *
 * As if all memory had gone and come again: told of by revoked(), nothing idles.
 * What static maps stays mapped.
 *
 * Return: 0; -EUCLEAN when an unmapping was not confirmed.
 */
int iommu_revoke_all(struct iommu_registrar *registrar);

/* Unmap what has idled too long. Milliseconds until it is due again, -1: nothing idles. */
int iommu_registrar_tick(struct iommu_registrar *registrar);
/* Unmap everything that idles. 0 or -EUCLEAN. */
int iommu_registrar_flush(struct iommu_registrar *registrar);

struct iommu_registrar_stats {
	uint64_t registrations, registered_bytes;
	uint64_t mapped_bytes, maps;	/* for registrations, idle ones included */
	uint64_t idle_bytes, idle_maps;
	uint64_t reuses;		/* registrations served from what idled */
	uint64_t fallbacks;
	uint64_t refusals;
	uint64_t revoked;
	size_t memory;			/* bytes of book-keeping */
};

void iommu_registrar_stats(const struct iommu_registrar *registrar,
			   struct iommu_registrar_stats *stats);

#endif
