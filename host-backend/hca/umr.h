/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns changes of keys that exist: other rights, another protection domain,
 * under the same number. Must never know whose memory a key covers. There is no
 * command for it: a work request says so, in a queue that nobody else has.
 */
#ifndef HCA_UMR_H
#define HCA_UMR_H

#include <stdbool.h>
#include <stdint.h>

struct hca;
struct hca_defaults;
struct hca_umr;

/**
 * hca_umr_create() - a way to change keys
 * @hca: HCA; outlives it
 * @defaults: made on it; outlive it. Its queue pair is in their domain
 * @eqn: an event queue for its CQ, which never has an event for it
 * @out: the way; its functions may be called from any thread unless they say otherwise
 *
 * The HCA hears of it at the first change.
 *
 * Return: 0; -ENOMEM.
 */
int hca_umr_create(struct hca *hca, const struct hca_defaults *defaults, uint32_t eqn,
		   struct hca_umr **out);

/**
 * hca_umr_destroy() - the mirror
 * @umr: gone in every case; nobody uses it. NULL is ignored
 *
 * Return: 0, or an error of hca_cmd(): the queue's memory is then abandoned,
 * not freed.
 */
int hca_umr_destroy(struct hca_umr *umr);

/* The HCA has nothing of it any more, until the next change. Errors of hca_umr_destroy(). */
int hca_umr_rest(struct hca_umr *umr);

/* Whether this HCA can give a key other rights, HCA_MKEY_* both. */
bool hca_umr_can(const struct hca *hca, unsigned int from, unsigned int to);

/**
 * hca_umr_change() - other rights for a key, in the same domain or in another one
 * @umr: way
 * @key: made changeable (struct hca_mkey_attr), and stays during the call
 * @pd: protection domain afterwards
 * @access: HCA_MKEY_* afterwards; hca_umr_can() said yes
 * @perhaps: on error: whether the key may be changed, now or later, all the same
 *
 * When it returns 0, what comes in is measured by the new rights.
 *
 * Return: 0; -EINVAL unknown rights; -EREMOTEIO the HCA refused the change
 * (hca_cmd_last_error(): syndrome << 8 | vendor's syndrome); -ETIMEDOUT no
 * completion within the limit of a command; -EIO one that makes no sense;
 * -ENODEV the device is dead; -EBUSY others kept the queue for as long; errors
 * of hca_cmd() and hca_dma_alloc() from making the queue anew, as it is after
 * every error: see hca_cmd_unsure().
 */
int hca_umr_change(struct hca_umr *umr, uint32_t key, uint32_t pd, unsigned int access,
		   bool *perhaps);

#endif
