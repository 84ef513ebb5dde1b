/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns protected access: (key, virtual address, length, rights) to host bytes,
 * with every check a card makes. It must never know which verb asks.
 */
#ifndef HCA_MODEL_MEM_ACCESS_H
#define HCA_MODEL_MEM_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct hca;

/* Rights, as the mkey context has them. */
enum mkey_access {
	MKEY_LOCAL_READ		= 1 << 0,
	MKEY_LOCAL_WRITE	= 1 << 1,
	MKEY_REMOTE_READ	= 1 << 2,
	MKEY_REMOTE_WRITE	= 1 << 3,
	MKEY_ATOMIC		= 1 << 4,
};

enum access_result {
	ACCESS_OK = 0,
	ACCESS_PROTECTION,	/* key unknown, free, other PD or QP, rights or bounds */
	ACCESS_DMA_FAULT,	/* the key is fine, the bus address is not mapped */
	ACCESS_TOO_MANY,	/* more than @max pieces: the caller splits or bounces */
};

struct access {
	uint32_t key;		/* lkey or rkey: index << 8 | variant */
	uint32_t pd;		/* of the QP (or SRQ) on whose behalf */
	uint32_t qpn;		/* of that QP, for keys bound to one QP */
	uint32_t rights;	/* all of these are needed (enum mkey_access) */
	bool reserved_lkey_ok;	/* the QP has rlky: the reserved lkey may be used */
	bool pieces_reserved_ok; /* so may KLM keys whose pieces name it, also as rkeys */
};

/**
 * access_resolve - turn (va, len) of a key into host memory pieces
 * @hca:   the HCA
 * @a:     who wants what
 * @va:    virtual address in the key's space
 * @len:   bytes, > 0
 * @write: whether the HCA writes (decides the DMA permission)
 * @iov:   out: pieces
 * @max:   room in @iov
 * @n:     out: pieces used
 *
 * Follows MTT, PA, KLM and KSM keys (a KLM entry may name another key; one
 * level of indirection, each level checked). Pieces are valid until the next
 * vfio-user message is handled.
 */
enum access_result access_resolve(struct hca *hca, const struct access *a, uint64_t va,
				  uint32_t len, bool write, struct iovec *iov,
				  unsigned int max, unsigned int *n);

#endif
