/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an open RDMA device with a protection domain and an active InfiniBand
 * port. Must never know whose driver it is, or what is created on it.
 */
#ifndef TESTS_LAB_VERBS_DEVICE_H
#define TESTS_LAB_VERBS_DEVICE_H

#include <infiniband/verbs.h>
#include <stdint.h>

struct verbs_device {
	struct ibv_context *context;
	struct ibv_pd *pd;
	uint8_t port;
	uint16_t lid;
	enum ibv_mtu mtu;
};

/**
 * verbs_device_open() - open a device; says what failed
 * @name: as in ibv_devices; NULL: the first one
 * @device: filled; nothing is open after an error
 *
 * The port is the first one that is InfiniBand and active.
 *
 * Return: 0; -ENODEV: no such device; -ENETDOWN: no such port; what libibverbs says.
 */
int verbs_device_open(const char *name, struct verbs_device *device);

/**
 * verbs_device_close() - close it; nothing may be left on it
 * @device: opened; all zero is allowed
 *
 * Return: 0, or the first error; all that can be closed is.
 */
int verbs_device_close(struct verbs_device *device);

#endif
