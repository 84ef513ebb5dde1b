/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the parts of the reference model share. Must never be used outside
 * of tests/unit/iommu/reference*.c.
 */
#ifndef TESTS_UNIT_IOMMU_REFERENCE_PRIVATE_H
#define TESTS_UNIT_IOMMU_REFERENCE_PRIVATE_H

#include "tests/unit/iommu/recorder.h"
#include "tests/unit/iommu/reference.h"

#define REF_REGIONS	48u
#define REF_NO_REGION	UINT32_MAX

/* A guest page. @region counts up for each region there ever was, so none comes back. */
struct ref_page {
	uint32_t region;
	uint32_t file, file_page;
	unsigned int prot;
};

struct ref_region {
	uint32_t number;
	uint64_t gpa, size;
};

/* Bus addresses that are mapped as one, or kept from being used. */
struct ref_block {
	struct ref_block *next;
	uint64_t iova;
	unsigned int *pages;		/* guest pages in order */
	struct ref_page *was;		/* what they were when they got mapped */
	size_t n;
	unsigned int prot;
	uint64_t va;			/* what its address was to be like */
	uint64_t maps;
	size_t mapped_by;		/* number of the call that mapped it in this operation; 0: earlier */
	unsigned int refs;		/* live registrations, and static's region */
	unsigned int held;		/* revoked registrations */
	bool own;			/* exact, lazy: one registration's alone */
	bool mapped, lost, idle, abandoned;
	bool findable;			/* new registrations may share it (granule, static) */
	uint64_t since;			/* when idle: time, and order within it */
	uint64_t order;
};

/* A block in quarantine: its addresses must never be used again. */
struct ref_lost {
	struct ref_lost *next;
	uint64_t iova, size;
	uint64_t maps, mapped;		/* mappings and bytes still there as far as known */
};

struct ref_reg {
	struct ref_reg *next;
	struct iommu_registration *reg;
	struct iommu_owner *owner;
	unsigned int access;
	unsigned int *pages;
	struct ref_page *was;
	size_t n;
	struct ref_block **blocks;	/* each once */
	size_t n_blocks;
	bool own;
	bool revoked;
	unsigned int told;		/* times that revoked() named it */
};

struct reference {
	struct ref_setup setup;
	struct ref_page pages[REF_PAGES];
	struct ref_region regions[REF_REGIONS];
	size_t n_regions;
	uint32_t region_number;
	struct ref_block *blocks;	/* mapped, or held for the revoked */
	struct ref_lost *lost;
	struct ref_reg *regs;
	size_t n_regs;
	uint64_t order;
	uint64_t map_calls, unmap_calls;
	uint64_t used_bytes, used_count;	/* by the owner of the request at hand, before it */
	struct iommu_registrar_stats stats;	/* those that only grow */
	bool unconfirmed;		/* some unmapping of this operation was not confirmed */
	char complaint[320];
};

/* The first complaint counts. Return: false. */
bool ref_complain(struct reference *ref, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* reference_calls.c: the record. */
void ref_begin(struct reference *ref);
/* The rest of the comparisons that come with each operation. NULL or the complaint. */
const char *ref_finish(struct reference *ref);
/*
 * The attempt to map @block as a whole: the domain's answer, -EUCLEAN when a failed
 * attempt was not undone for sure. Its address is filled in.
 */
int ref_calls_map(struct reference *ref, struct ref_block *block);
/* Whether the unmapping of a mapped block was confirmed; there must have been one. */
bool ref_calls_unmap(struct reference *ref, const struct ref_block *block);

/* reference_blocks.c: blocks, and what idles. */
struct ref_block *ref_block_create(struct reference *ref, const unsigned int *pages, size_t n,
				   unsigned int prot, uint64_t va, bool own);
void ref_block_destroy(struct reference *ref, struct ref_block *block);
/* 0, or what the registrar should say; @wanted is filled for IOMMU_TOO_MANY_MAPS. */
int ref_block_map(struct reference *ref, struct ref_block *block, enum iommu_reason *reason,
		  uint64_t *wanted);
/* Unmapped; gone if nothing refers to it. Return: whether the unmapping was confirmed. */
bool ref_block_end(struct reference *ref, struct ref_block *block);
/* Idle if it may be, else unmapped. Return: false when that was not confirmed. */
bool ref_block_rest(struct reference *ref, struct ref_block *block);
void ref_block_wake(struct ref_block *block);
/* Not mapped and not referred to any more: its addresses are free, or never used again. */
void ref_block_release(struct reference *ref, struct ref_block *block);
uint64_t ref_block_pieces(const struct ref_block *block);
/* [@iova, @iova + @size) is never used again. */
void ref_lose(struct reference *ref, uint64_t iova, uint64_t size, uint64_t maps,
	      uint64_t mapped);
uint64_t ref_maps_left(const struct reference *ref);
uint64_t ref_idle_maps(const struct reference *ref);
uint64_t ref_idle_bytes(const struct reference *ref);
struct ref_block *ref_idle_oldest(const struct reference *ref);
bool ref_idle_make_room(struct reference *ref, uint64_t maps);
void ref_idle_flush(struct reference *ref);
uint64_t ref_now(const struct reference *ref);

/* reference.c: off the list. */
void ref_reg_free(struct reference *ref, struct ref_reg *reg);

/* reference_request.c: what a request should be refused for. 0 or -errno. */
int ref_request_check(const struct reference *ref, const struct iommu_request *request,
		      struct iommu_refusal *refusal);
/* Guest pages of a request that passed the above; to be freed. */
unsigned int *ref_request_pages(const struct iommu_request *request, size_t *n);

#endif
