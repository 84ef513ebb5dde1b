/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how a device (hv/device.h) is shown to the guest of a vfio-user client,
 * QEMU for one. Must never know what the device does.
 */
#ifndef HV_VFIO_USER_GUEST_H
#define HV_VFIO_USER_GUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "hv/device.h"

struct vfu_guest;

/**
 * struct vfu_guest_config - where the client comes
 * @path: socket to listen at; a stale file is replaced
 * @listen_fd: without @path: a socket that listens already (> 0), taken over on success
 * @mode: of the socket file, 0: 0600
 * @set_group, @group: the file's group
 * @log: @level is 0 for errors, 1 for warnings, 2 for notes; rate-limited; NULL: none
 * @log_ctx: its first argument
 */
struct vfu_guest_config {
	const char *path;
	int listen_fd;
	mode_t mode;
	bool set_group;
	gid_t group;
	void (*log)(void *ctx, int level, const char *message);
	void *log_ctx;
};

/**
 * vfu_guest_create() - show a device
 * @device: outlives it
 * @config: copied
 * @out: owned by the caller
 *
 * Return: 0; errors of vfu_server_create().
 */
int vfu_guest_create(const struct hv_device *device, const struct vfu_guest_config *config,
		     struct vfu_guest **out);
/* The client is dropped, of which the device hears as ever. NULL is ignored. */
void vfu_guest_destroy(struct vfu_guest *guest);
/* Readable: call vfu_guest_dispatch(). */
int vfu_guest_fd(const struct vfu_guest *guest);
/* Handle what is there. -errno: nobody can come any more. */
int vfu_guest_dispatch(struct vfu_guest *guest);
bool vfu_guest_attached(const struct vfu_guest *guest);

#endif
