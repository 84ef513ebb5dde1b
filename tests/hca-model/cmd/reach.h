/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the strict check that memory which a command names can be reached when
 * it is named, not only when it is used. It must never know what lies there.
 */
#ifndef HCA_MODEL_CMD_REACH_H
#define HCA_MODEL_CMD_REACH_H

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/mem/pas.h"

/*
 * Each answers CMD_OK when the HCA is not strict. @prot: VFU_DMA_READ and
 * VFU_DMA_WRITE, what the HCA will do there.
 */

/* A queue: every byte of it; entries of @list (NULL: a umem's) have no low bits set. */
enum cmd_status reach_queue(struct cmd *cmd, const struct pas_buf *buf, const uint8_t *list,
			    uint32_t prot);
/* A doorbell record. */
enum cmd_status reach_record(struct cmd *cmd, uint64_t dbr);
/* @len bytes somewhere. */
enum cmd_status reach_bytes(struct cmd *cmd, uint64_t iova, uint64_t len, uint32_t prot);

#endif
