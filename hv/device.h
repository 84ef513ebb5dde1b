/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the line between a hypervisor and a device that it shows to its guest:
 * what the device offers, what it is told, what it is given (guest memory, BAR
 * windows, interrupts). Must never know which hypervisor it is, nor what the
 * device does.
 */
#ifndef HV_DEVICE_H
#define HV_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HV_BARS = 6 };

/* A part of a BAR that the guest may reach without a trap; whole pages. */
struct hv_area {
	uint64_t offset, size;
};

/**
 * struct hv_bar - one BAR
 * @size: bytes, a power of two; 0: there is none
 * @fd: with @n_areas: file behind the areas; stays the device's
 * @fd_offset: where offset 0 of the BAR is in @fd, bytes
 * @areas: what can be mapped; all else traps
 * @n_areas: 0: nothing
 */
struct hv_bar {
	uint64_t size;
	int fd;
	uint64_t fd_offset;
	const struct hv_area *areas;
	unsigned int n_areas;
};

/**
 * struct hv_memory - a range of guest RAM or ROM
 * @gpa: guest-physical address, multiple of 4 KiB
 * @size: bytes, multiple of 4 KiB
 * @writable: RAM
 * @fd: file that holds it; the hypervisor's, valid during the call
 * @offset: of @gpa in the file, bytes
 */
struct hv_memory {
	uint64_t gpa, size;
	bool writable;
	int fd;
	uint64_t offset;
};

/**
 * struct hv_device_ops - what the device is told
 * @config_read, @config_write: PCI configuration space; inside of it
 * @bar_read, @bar_write: a trapped access, inside of BAR @bar
 * @reset: the guest or the hypervisor resets the device. When it returns the
 *	device does not touch guest memory any more
 * @memory_added: 0; -errno: the range is refused, and is not there
 * @memory_removed: all ranges inside the window go once this returns: nothing
 *	reaches their memory any more
 * @vector_changed: MSI-X vector @vector is @eventfd from now on, -1: nobody hears
 *	it. The hypervisor's, valid until the next call for this vector
 * @attached: a guest is there
 * @detached: it is gone; its memory and vectors went before
 *
 * All come from one thread, and must return soon: the guest stands still.
 */
struct hv_device_ops {
	void (*config_read)(void *ctx, uint64_t off, void *buf, size_t len);
	void (*config_write)(void *ctx, uint64_t off, const void *buf, size_t len);
	void (*bar_read)(void *ctx, unsigned int bar, uint64_t off, void *buf, size_t len);
	void (*bar_write)(void *ctx, unsigned int bar, uint64_t off, const void *buf, size_t len);
	void (*reset)(void *ctx);
	int (*memory_added)(void *ctx, const struct hv_memory *memory);
	void (*memory_removed)(void *ctx, uint64_t gpa, uint64_t size);
	void (*vector_changed)(void *ctx, unsigned int vector, int eventfd);
	void (*attached)(void *ctx);
	void (*detached)(void *ctx);
};

/* A device; @ops all set. It must outlive whatever shows it. */
struct hv_device {
	const struct hv_device_ops *ops;
	void *ctx;
	size_t config_size;
	struct hv_bar bars[HV_BARS];
	unsigned int n_vectors;
};

#endif
