/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on memory keys: what a key covers, who may do what with it.
 * Must never know whose memory it is. There is no way to ask for a key without
 * a translation or without bounds (design, section 5).
 */
#ifndef HCA_MKEY_H
#define HCA_MKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_run;
struct hca;

enum {
	HCA_MKEY_LOCAL_READ	= 1 << 0,
	HCA_MKEY_LOCAL_WRITE	= 1 << 1,
	HCA_MKEY_REMOTE_READ	= 1 << 2,
	HCA_MKEY_REMOTE_WRITE	= 1 << 3,
	HCA_MKEY_REMOTE_ATOMIC	= 1 << 4,
	HCA_MKEY_ACCESS_ALL	= (1 << 5) - 1,

	/* log2 of the largest page of a translation; some cards have a capability for more. */
	HCA_MKEY_LOG_PAGE_MAX	= 31,
	/* Entries of one key: 8 MiB of list, 4 GiB in pages of 4 KiB. */
	HCA_MKEY_MAX_PAGES	= 1 << 20,
};

/**
 * struct hca_mkey_attr - what all kinds of keys have
 * @pd: protection domain
 * @access: HCA_MKEY_*
 * @variant: low byte of the key
 * @changeable: hca_umr_change() may take it. With the Linux driver every process's
 *	key is, for it takes a queue pair that no process has
 * @start: address of the first byte, as work requests name it
 * @len: bytes, not 0
 */
struct hca_mkey_attr {
	uint32_t pd;
	unsigned int access;
	uint8_t variant;
	bool changeable;
	uint64_t start, len;
};

/**
 * hca_mkey_create() - a key for memory at bus addresses
 * @hca: HCA
 * @attr: what
 * @runs: bus addresses, multiples of 4 KiB; not kept
 * @n_runs: how many
 * @offset: of the first byte in the runs, bytes
 * @key: index << 8 | variant
 *
 * The translation has pages as large as the runs allow, so one run whose low
 * address bits are those of @attr->start takes one entry, or two where it
 * crosses a border of such a page.
 *
 * Return: 0; -EINVAL when the range is empty or wraps, is not inside the runs,
 * differs from them in its low 12 bits, or @access has unknown bits; -EMSGSIZE
 * when it takes more than HCA_MKEY_MAX_PAGES entries, or a longer command than
 * hca_cmd() sends; -ENOMEM; errors of hca_cmd(): see hca_cmd_unsure().
 */
int hca_mkey_create(struct hca *hca, const struct hca_mkey_attr *attr, const struct bus_run *runs,
		    size_t n_runs, uint64_t offset, uint32_t *key);

/* How many entries, of which size (log2 bytes), hca_mkey_create() would use. Its -EINVAL. */
int hca_mkey_plan(const struct hca_mkey_attr *attr, const struct bus_run *runs, size_t n_runs,
		  uint64_t offset, uint64_t *entries, unsigned int *log_page);

/* A piece of another key's range. KSM: all of one size, @bytes is not looked at. */
struct hca_klm {
	uint32_t bytes, key;
	uint64_t va;
};

/**
 * hca_mkey_create_klm() - a key that stands for pieces of other keys
 * @hca: HCA
 * @attr: what; @len at most what the pieces have together
 * @klms: the pieces, in order; their keys must stay while this one lives. Nothing
 *	here looks whose they are: that is the caller's business
 * @n: how many, not 0
 * @key: index << 8 | variant
 *
 * Return: as hca_mkey_create(); -EMSGSIZE above the HCA's limit of pieces.
 */
int hca_mkey_create_klm(struct hca *hca, const struct hca_mkey_attr *attr,
			const struct hca_klm *klms, size_t n, uint32_t *key);
/* The same with pieces of 2^@log_bytes each, 12 to 31, of which @attr->start is a multiple. */
int hca_mkey_create_ksm(struct hca *hca, const struct hca_mkey_attr *attr, unsigned int log_bytes,
			const struct hca_klm *klms, size_t n, uint32_t *key);

/* Errors of hca_cmd(): the key may still be there, and with it what it covers. */
int hca_mkey_destroy(struct hca *hca, uint32_t key);

enum hca_mkey_mode { HCA_MKEY_PA, HCA_MKEY_MTT, HCA_MKEY_KLM, HCA_MKEY_KSM };

struct hca_mkey_info {
	struct hca_mkey_attr attr;
	enum hca_mkey_mode mode;
	bool free;			/* it exists, but covers nothing */
	unsigned int log_page;		/* MTT, KSM */
	uint32_t octowords;		/* room for entries, 16 bytes each */
};

int hca_mkey_query(struct hca *hca, uint32_t key, struct hca_mkey_info *info);

#endif
