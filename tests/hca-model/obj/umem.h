/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns user memory objects: page lists that other commands name instead of
 * carrying one. It must never know what is built on them.
 */
#ifndef HCA_MODEL_OBJ_UMEM_H
#define HCA_MODEL_OBJ_UMEM_H

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/mem/pas.h"

struct umem {
	uint32_t id;
	struct pas_buf buf;
};

void umem_free(struct hca *hca, struct umem *umem);

/* A queue buffer of @size bytes at @offset of umem @id; @buf gets a page list of its own. */
enum cmd_status umem_buffer(struct cmd *cmd, uint32_t id, uint64_t offset, uint64_t size,
			    struct pas_buf *buf);

/*
 * The bus address of a doorbell record: @addr itself, or with @valid the place
 * @addr bytes into umem @id. 8-byte aligned.
 */
enum cmd_status umem_dbr(struct cmd *cmd, bool valid, uint32_t id, uint64_t addr, uint64_t *dbr);

#endif
