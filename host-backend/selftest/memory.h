/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns memory as a guest would have it: two regions of guest-physical pages, and
 * windows, which are contiguous for the program that uses them, scattered in
 * guest-physical pages, and registered. Must never know what is kept in them.
 */
#ifndef HOST_BACKEND_SELFTEST_MEMORY_H
#define HOST_BACKEND_SELFTEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/hca.h"
#include "iommu/registration.h"

#define ST_PAGE 4096u
#define ST_GUARD 0xa5			/* what all bytes are that nobody was to write */

/**
 * struct st_memory - the guest
 * @hca: whose address space
 * @fd: memory object of all regions
 * @all: all of it, in the order of the file
 * @low, @high: next free page from below in the first region, from above in the second
 * @taken: a byte for each page: part of a window
 */
struct st_memory {
	struct hca *hca;
	struct guest_memory *table;
	struct iommu_registrar *registrar;
	struct iommu_owner owner;
	int fd;
	uint8_t *all;
	uint32_t low, high;
	uint8_t *taken;
};

/**
 * struct st_window - memory of one purpose
 * @ptr: first byte here, and as an mkey calls it
 * @size: bytes, whole pages
 * @reg: what makes it reachable; NULL when it is not
 * @n_gpa: guest-physical runs it is made of
 * @bus: where, in order; @n_bus runs, owned by @reg
 */
struct st_window {
	uint8_t *ptr;
	uint64_t size;
	struct iommu_registration *reg;
	size_t n_gpa;
	const struct bus_run *bus;
	size_t n_bus;
};

/**
 * st_memory_open() - two regions over one file, and a registrar on the HCA's address space
 * @hca: outlives it
 * @config: of the registrar
 * @memory: zeroed by the caller; to be closed on error, too
 *
 * Return: 0, or the error of what failed.
 */
int st_memory_open(struct hca *hca, const struct iommu_registrar_config *config,
		   struct st_memory *memory);
/* All windows must be closed. 0; -EUCLEAN when the IOMMU did not confirm that all is unmapped. */
int st_memory_close(struct st_memory *memory);

/**
 * st_window_open() - take pages, register them
 * @memory: the guest
 * @size: bytes, rounded up to pages
 * @scattered: in many short runs from both regions; else in one
 * @access: IOMMU_*
 * @window: filled; all bytes are zero
 * @refusal: why it was not registered
 */
int st_window_open(struct st_memory *memory, uint64_t size, bool scattered,
		   unsigned int access, struct st_window *window,
		   struct iommu_refusal *refusal);
/* Deregister; the HCA must have let go of it. A zeroed window is ignored. */
int st_window_close(struct st_memory *memory, struct st_window *window);
/* The same when the HCA may still use it. */
int st_window_abandon(struct st_memory *memory, struct st_window *window);

/* Guest-physical address of a byte outside all windows that is no guard any more, or UINT64_MAX. */
uint64_t st_memory_stray(const struct st_memory *memory);

/* Bus address of a byte of a registered window. */
uint64_t st_window_bus(const struct st_window *window, uint64_t at);

#endif
