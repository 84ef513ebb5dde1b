/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns memory keys: their contexts and translation tables. It must never know
 * who uses a key.
 */
#ifndef HCA_MODEL_OBJ_MKEY_H
#define HCA_MODEL_OBJ_MKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/hca-model/mem/access.h"

struct hca;

enum mkey_mode {		/* access_mode_4_2 << 2 | access_mode_1_0 */
	MKEY_PA = 0, MKEY_MTT = 1, MKEY_KLM = 2, MKEY_KSM = 3,
};

struct klm {
	uint32_t bcount, key;
	uint64_t va;
};

/* QUERY_SPECIAL_CONTEXTS: the whole address space, for QPs with rlky. */
#define RESERVED_LKEY 0x00000200u

struct mkey {
	uint32_t index;			/* 24 bits; key = index << 8 | variant */
	uint8_t variant;
	bool free;			/* not usable until a UMR clears it */
	bool umr_en;
	bool length64;			/* whole address space */
	bool en_rinval;
	bool pg_access;			/* MTT entries carry rights of their own */
	uint8_t access;			/* enum mkey_access */
	uint8_t mode;			/* enum mkey_mode */
	uint8_t log_page;		/* log2 bytes, MTT and KSM */
	uint32_t qpn;			/* 0xffffff: any */
	uint32_t pd;
	uint64_t start, len;
	uint32_t octowords;		/* size of the translation table, 16-byte units */
	union {
		uint64_t *mtt;		/* 2 per octoword, present bits kept as written */
		struct klm *klm;	/* 1 per octoword */
	} xlt;
	uint8_t ctx[64];		/* as written, for QUERY_MKEY */
};

enum {		/* low bits of an MTT entry (pg_access) */
	MTT_READ = 1, MTT_WRITE = 2,
};

enum { MTT_LOG_PAGE_MIN = 12 };

/* By 24-bit index, whatever its state; NULL if there is none. */
struct mkey *mkey_get(struct hca *hca, uint32_t index);

/* Out of the table and memory, whatever its state. */
void mkey_free(struct hca *hca, struct mkey *mkey);

/* Decode ctx into the fields (after CREATE_MKEY or a UMR); -EINVAL if it is nonsense. */
int mkey_decode(struct mkey *mkey);

/*
 * UMR: write @octowords units of big-endian translation entries at @offset
 * (16-byte units). -ERANGE beyond the table.
 */
int mkey_xlt_write(struct mkey *mkey, uint32_t offset, const uint8_t *entries, uint32_t octowords);

#endif
