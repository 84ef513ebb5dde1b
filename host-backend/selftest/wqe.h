/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how a work request becomes the bytes of a WQE. Must never know rings,
 * doorbells or completions.
 */
#ifndef HOST_BACKEND_SELFTEST_WQE_H
#define HOST_BACKEND_SELFTEST_WQE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ST_WQE_MAX = 512,		/* bytes of a send WQE */
	ST_INLINE_MAX = 128,
};

/* A piece of local memory. */
struct st_piece {
	uint64_t va;
	uint32_t len, key;
};

/* Where a datagram goes. */
struct st_address {
	uint32_t qpn, qkey;
	uint16_t lid;
	bool grh;
	uint8_t gid[16];
};

/**
 * struct st_send - a send request
 * @opcode: WQE_* of ifc/wqe.h
 * @imm: of the opcodes with immediate data
 * @to: datagrams
 * @xrc_srqn: XRC: the receive queue
 * @xrc: whether it is XRC
 * @remote_va, @remote_key: RDMA and atomics
 * @swap_add, @compare: atomics
 * @pieces: local memory, none of 0 bytes
 * @n_pieces: how many
 * @inlined: data that goes in the WQE itself instead; NULL: none
 * @inlined_len: bytes, up to ST_INLINE_MAX
 */
struct st_send {
	uint8_t opcode;
	uint32_t imm;
	const struct st_address *to;
	bool xrc;
	uint32_t xrc_srqn;
	uint64_t remote_va;
	uint32_t remote_key;
	uint64_t swap_add, compare;
	const struct st_piece *pieces;
	unsigned int n_pieces;
	const void *inlined;
	uint32_t inlined_len;
};

/* A signaled WQE into @wqe, of ST_WQE_MAX bytes. Return: bytes, a multiple of 16. */
size_t st_wqe_send(uint8_t *wqe, uint32_t qpn, uint16_t index, const struct st_send *send);
/* The list of a receive WQE that has room for @room pieces. */
void st_wqe_receive(uint8_t *wqe, unsigned int room, const struct st_piece *pieces,
		    unsigned int n);

#endif
