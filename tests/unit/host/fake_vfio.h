/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a VFIO of a few lines: it answers VFIO's requests as the kernel does for
 * one device, which is a file. A test that wants it has an ioctl() of its own.
 * It must never know what a test is after.
 */
#ifndef TESTS_UNIT_HOST_FAKE_VFIO_H
#define TESTS_UNIT_HOST_FAKE_VFIO_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FAKE_VFIO_VECTORS = 8,
	FAKE_VFIO_CONFIG = 4096,	/* bytes of configuration space, at 0 of the file */
	FAKE_VFIO_BAR_AT = 1 << 20,	/* where BAR 0 is in the file */
	FAKE_VFIO_BAR = 16 * 4096,	/* its bytes */
	FAKE_VFIO_REQUESTS = 16,
};

/**
 * struct fake_vfio - the kernel's side
 * @file: the device
 * @config, @bar: its contents
 * @errors: by number of a request: the errno it fails with
 * @calls, @fail_at: requests so far, and the one that fails with EIO
 * @group_flags, @device_flags, @bar_flags, @irq_flags: for the answers
 * @n_vectors, @bar_size: the same
 * @sparse: the second page of the BAR cannot be mapped
 * @iommu: was set
 * @resets: made
 * @unmapped: all mappings were taken away
 * @again: resets that fail with EAGAIN before one is made
 * @triggers: duplicates of the eventfds
 * @msix: is on
 */
struct fake_vfio {
	int file;
	uint8_t *config, *bar;
	int errors[FAKE_VFIO_REQUESTS];
	unsigned int calls, fail_at;
	uint32_t group_flags, device_flags, bar_flags, irq_flags, n_vectors;
	uint64_t bar_size;
	bool sparse, iommu, unmapped;
	unsigned int resets, again;
	int triggers[FAKE_VFIO_VECTORS];
	bool msix;
};

/* A ConnectX-4 of which bus mastering is on. */
void fake_vfio_create(struct fake_vfio *vfio);
void fake_vfio_destroy(struct fake_vfio *vfio);

/* What ioctl() does with a request of VFIO's; other requests go to the kernel. */
int fake_vfio_ioctl(struct fake_vfio *vfio, int fd, unsigned long request, void *arg);
/* For errors[]. */
unsigned int fake_vfio_number(unsigned long request);

#endif
