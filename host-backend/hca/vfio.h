/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the files of the transports share. Must never be included from
 * outside this folder, but by its tests.
 */
#ifndef HCA_VFIO_H
#define HCA_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/transport.h"

struct vfio_irq_set;

/* Where the kernel shows itself; other places for tests. */
struct hca_vfio_paths {
	const char *sysfs;		/* "/sys" */
	const char *dev;		/* "/dev/vfio" */
};

/* Open files, -1: none. */
struct hca_vfio_fds {
	int container, group, device;
};

/**
 * hca_open_fail() - say why a transport did not open
 * @error: filled with "@device: ..."; may be NULL
 * @err: -errno
 * @device: what the user called it
 * @fmt: the step and, where one is known, the remedy
 *
 * Return: @err.
 */
int hca_open_fail(struct hca_open_error *error, int err, const char *device, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* vfio_group.c: those that are open. */
void hca_vfio_close_fds(const struct hca_vfio_fds *fds);

/* vfio_group.c: by PCI address, the long form; see hca_transport_open(). */
int hca_vfio_open(const char *bdf, const struct hca_vfio_paths *paths,
		  struct hca_transport **out, struct hca_open_error *error);

/**
 * hca_vfio_device_open() - an open VFIO device becomes a transport
 * @fds: taken over on success; the group may be -1
 * @domain: of the container, handed on in the transport; stays the caller's on error
 * @name: for messages, copied
 * @out: the transport
 * @error: filled on error, may be NULL
 *
 * In vfio.c. Return: 0, -errno.
 */
int hca_vfio_device_open(const struct hca_vfio_fds *fds, struct iommu_domain *domain,
			 const char *name, struct hca_transport **out,
			 struct hca_open_error *error);

/* vfio_user.c: by socket path; @timeout_ms bounds each request, and with it how long a wedged server can cost at all. */
int hca_vfio_user_open(const char *path, unsigned int timeout_ms, struct hca_transport **out,
		       struct hca_open_error *error);

/* --- regions: vfio_region.c ---------------------------------------------- */

/* A part of a region that can be mapped. */
struct hca_vfio_area {
	uint64_t offset, size;		/* in the region, bytes */
	uint8_t *ptr;			/* NULL: not mapped */
};

struct hca_vfio_region {
	uint64_t size;			/* bytes */
	uint64_t offset;		/* in the device's file */
	struct hca_vfio_area *areas;	/* ascending; owned */
	unsigned int n_areas;		/* 0: by read and write only */
};

/**
 * hca_vfio_region_parse() - what VFIO_DEVICE_GET_REGION_INFO said
 * @reply: struct vfio_region_info with its capabilities
 * @len: bytes of it
 * @page: of this machine, bytes: what areas must be multiples of
 * @region: filled, nothing mapped
 *
 * Without a sparse-mmap capability a region that can be mapped is one area.
 * Source: linux/vfio.h, struct vfio_region_info and vfio_region_info_cap_*.
 *
 * Return: 0; -EPROTO for a reply that contradicts itself; -ENOMEM.
 */
int hca_vfio_region_parse(const void *reply, size_t len, uint64_t page,
			  struct hca_vfio_region *region);

/* Asks, with as much room as the answer needs. Return: those of the parser and of the ioctl. */
int hca_vfio_region_query(int device, unsigned int index, struct hca_vfio_region *region);

/* Maps all areas, or none. Return: 0, errors of mmap(). */
int hca_vfio_region_map(struct hca_vfio_region *region, int device);

/* Unmaps and forgets; a zeroed region is ignored. */
void hca_vfio_region_free(struct hca_vfio_region *region);

/* Address of @len bytes at @off; NULL where that is not mapped. */
static inline void *hca_vfio_region_ptr(const struct hca_vfio_region *region, uint64_t off,
					size_t len)
{
	unsigned int i;

	for (i = 0; i < region->n_areas; i++) {
		const struct hca_vfio_area *area = &region->areas[i];

		if (area->ptr && len <= area->size && off >= area->offset &&
		    off - area->offset <= area->size - len)
			return area->ptr + (off - area->offset);
	}
	return NULL;
}

/* --- MSI-X: vfio_irq.c --------------------------------------------------- */

/**
 * struct hca_vfio_irqs - eventfds of MSI-X vectors, added one by one
 * @set: VFIO_DEVICE_SET_IRQS: 0, -errno, or how many vectors there are when that is too few
 * @ctx: its first argument
 * @noresize: the kernel fixes the number of vectors when the first one is set
 * @count: vectors of the device
 * @enabled: vectors, from 0, that can be set as things are; 0: MSI-X is off
 * @fds: own duplicates, @count of them, -1: none
 *
 * One thread at a time.
 */
struct hca_vfio_irqs {
	int (*set)(void *ctx, const struct vfio_irq_set *set);
	void *ctx;
	bool noresize;
	unsigned int count, enabled;
	int *fds;
};

/* @count is not 0. Return: 0; -ENOMEM, then @irqs is zeroed. */
int hca_vfio_irqs_init(struct hca_vfio_irqs *irqs, unsigned int count, bool noresize,
		       int (*set)(void *ctx, const struct vfio_irq_set *set), void *ctx);
/* MSI-X off, duplicates closed. A zeroed one is ignored. */
void hca_vfio_irqs_fini(struct hca_vfio_irqs *irqs);

/**
 * hca_vfio_irqs_set() - a vector raises an eventfd from now on
 * @irqs: vectors
 * @vector: which
 * @eventfd: stays the caller's; -1: none
 *
 * Where the kernel cannot add vectors, all are set anew. An interrupt that
 * came meanwhile would be lost, so every eventfd that was set before is raised
 * once: spurious ones do no harm.
 *
 * Return: 0; on error the vector has no eventfd: -EINVAL no such vector;
 * -ENOSPC the machine has no more vectors; -EMFILE; the kernel's error.
 */
int hca_vfio_irqs_set(struct hca_vfio_irqs *irqs, unsigned int vector, int eventfd);

#endif
