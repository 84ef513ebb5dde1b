/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how much memory this process may pin: kernel VFIO pins what it maps.
 * Must never know what gets mapped.
 */
#ifndef HCA_MEMLOCK_H
#define HCA_MEMLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Bytes; UINT64_MAX: no limit, by RLIMIT_MEMLOCK or CAP_IPC_LOCK (which must be in the initial user namespace). */
uint64_t hca_memlock_limit(void);

/**
 * hca_memlock_text() - what to say when a mapping failed with -ENOMEM
 * @buf: "locked memory is limited to 8192 KiB: ulimit -l, or LimitMEMLOCK= in
 *	the unit"; "" when there is no limit
 * @len: room, bytes
 */
void hca_memlock_text(char *buf, size_t len);

#endif
