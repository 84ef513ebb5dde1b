// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns WQEs that the HCA must not carry out: keys of others, raw addresses,
 * opcodes of the privileged, sizes that are none. They go past the host, so that
 * it is the objects it made, and the HCA, that are tested. Must never know commands.
 */
#include <linux/mlx5/qp.h>

#include "hostile.h"

enum {
	ROUNDS = 8, WAIT_MS = 30,
	OPCODES = 0x40, PIECE = 256,
	RESERVED_KEY = 0x200, TERMINATE_KEY = 0x100,	/* of the HCA: for kernels; ends a list */
	LOCAL_INVAL = 0x1b, MASKED_CS = 0x14, UMR_DS = 16,
};

/* A key that is nobody's here, or somebody else's. */
static u32 foreign_key(struct hostile *h)
{
	struct chance *c = &h->chance;
	u32 key;

	do {
		switch (chance_below(c, 5)) {
		case 0:
			key = 0;
			break;
		case 1:
			key = chance_one_in(c, 2) ? RESERVED_KEY : TERMINATE_KEY;
			break;
		case 2:
			key = h->world.near.key ^ (1 + chance_below(c, 255));
			break;
		case 3:
			key = chance_below(c, 4096) << 8 | chance_below(c, 8);
			break;
		default:
			key = chance_u64(c);
		}
	} while (xa_load(&h->world.given[KIND_MR], key));
	return key;
}

/* Where a raw address would hurt: a canary, any memory, the host's. */
static u64 raw_address(struct hostile *h)
{
	switch (chance_below(&h->chance, 4)) {
	case 0:
	case 1:
		return memory_canary(h);
	case 2:
		return h->memory.field.gpa;
	default:
		return chance_edge(&h->chance);
	}
}

static u8 remote_opcode(struct hostile *h)
{
	static const u8 opcodes[] = {
		MLX5_OPCODE_RDMA_WRITE, MLX5_OPCODE_RDMA_WRITE_IMM, MLX5_OPCODE_RDMA_READ,
		MLX5_OPCODE_ATOMIC_CS, MLX5_OPCODE_ATOMIC_FA,
	};

	return opcodes[chance_below(&h->chance, ARRAY_SIZE(opcodes))];
}

/* One with this remote and this local end. */
static void two_ends(struct hostile *h, struct qp *qp, u64 remote, u32 rkey, u64 local, u32 lkey,
		     const char *what)
{
	u8 opcode = remote_opcode(h);
	bool atomic = opcode == MLX5_OPCODE_ATOMIC_CS || opcode == MLX5_OPCODE_ATOMIC_FA;
	struct wqe wqe;

	wqe_begin(&wqe, qp, opcode);
	wqe_remote(&wqe, atomic ? remote & ~7ULL : remote, rkey);
	if (atomic)
		wqe_atomic(&wqe, 1, 0);
	wqe_data(&wqe, local, lkey, atomic ? 8 : PIECE);
	qp_post(h, qp, &wqe, true, what);
}

static void foreign_rkey(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;

	two_ends(h, qp, raw_address(h), foreign_key(h), w->near.va, w->near.key, "foreign rkey");
}

static void foreign_lkey(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;

	two_ends(h, qp, w->far.va, w->far.key, raw_address(h), foreign_key(h), "foreign lkey");
}

static void key_of_another_domain(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;

	if (chance_one_in(&h->chance, 2))
		two_ends(h, qp, w->other.va, w->other.key, w->near.va, w->near.key,
			 "rkey of another domain");
	else
		two_ends(h, qp, w->far.va, w->far.key, w->other.va, w->other.key,
			 "lkey of another domain");
}

/* Of its own key, before the first byte, behind the last, or far away. */
static u64 out_of_bounds(struct hostile *h, const struct region *region)
{
	switch (chance_below(&h->chance, 4)) {
	case 0:
		return region->va - 1 - chance_below(&h->chance, UP_PAGE);
	case 1:
		return region->va + region->bytes + chance_below(&h->chance, 8);
	case 2:
		return raw_address(h) | 1ULL << 40;
	default:
		return -(u64)chance_between(&h->chance, 1, PIECE);
	}
}

static void beyond_own_key(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;

	if (chance_one_in(&h->chance, 2))
		two_ends(h, qp, out_of_bounds(h, &w->far) & ~7ULL, w->far.key, w->near.va,
			 w->near.key, "remote bounds");
	else
		two_ends(h, qp, w->far.va, w->far.key, out_of_bounds(h, &w->near), w->near.key,
			 "local bounds");
}

/* It begins inside. */
static void across_the_end(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;
	u64 inside = REGION_PAGES * UP_PAGE - chance_between(&h->chance, 1, PIECE - 1);
	bool remote = chance_one_in(&h->chance, 2);
	struct wqe wqe;

	wqe_begin(&wqe, qp, chance_one_in(&h->chance, 2) ? MLX5_OPCODE_RDMA_WRITE :
							   MLX5_OPCODE_RDMA_READ);
	wqe_remote(&wqe, w->far.va + (remote ? inside : 0), w->far.key);
	wqe_data(&wqe, w->near.va + (remote ? 0 : inside), w->near.key, PIECE);
	qp_post(h, qp, &wqe, true, "across the end");
}

static void access_not_granted(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;

	two_ends(h, qp, w->constant.va, w->constant.key, w->near.va, w->near.key,
		 "no remote access");
}

/* The key is what it was; what it is good for is not. */
static void right_withdrawn(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;

	switch (chance_below(&h->chance, 3)) {
	case 0:
		two_ends(h, qp, w->withdrawn.va, w->withdrawn.key, w->near.va, w->near.key,
			 "remote access withdrawn");
		break;
	case 1:
		two_ends(h, qp, w->moved.va, w->moved.key, w->near.va, w->near.key,
			 "rkey that went to another domain");
		break;
	default:
		two_ends(h, qp, w->far.va, w->far.key, w->moved.va, w->moved.key,
			 "lkey that went to another domain");
	}
}

/* What arrives goes where the receiver's WQE says: it may not say that. */
static void foreign_receive(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;
	struct wqe wqe;

	if (chance_one_in(&h->chance, 2))
		qp_receive(qp, raw_address(h), foreign_key(h), PIECE);
	else
		qp_receive(qp, w->constant.va, w->constant.key, PIECE);
	wqe_begin(&wqe, qp, MLX5_OPCODE_SEND);
	wqe_data(&wqe, w->near.va, w->near.key, PIECE);
	qp_post(h, qp, &wqe, true, "foreign lkey of a receive");
}

/* Changes of keys are for kernels. */
static void change_a_key(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;
	struct wqe wqe;
	unsigned int i;

	wqe_begin(&wqe, qp, chance_one_in(&h->chance, 3) ? LOCAL_INVAL : MLX5_OPCODE_UMR);
	wqe.words[3] = cpu_to_be32(w->near.key);
	if ((be32_to_cpu(wqe.words[0]) & 0xff) == MLX5_OPCODE_UMR) {
		for (i = 4; i < WQE_BYTES / 4; i++)
			if (chance_one_in(&h->chance, 4))
				wqe.words[i] = cpu_to_be32(chance_edge(&h->chance));
		wqe.ds = UMR_DS;
	}
	qp_post(h, qp, &wqe, true, "change of a key");
}

/* Opcodes that there are not, or that this sort of queue pair has not. */
static void unknown_opcode(struct hostile *h, struct qp *qp)
{
	static const u8 opcodes[] = { 0x02, 0x07, 0x0e, 0x13, MASKED_CS, 0x15, 0x19, 0x20, 0x3f };
	struct wqe wqe;

	wqe_begin(&wqe, qp, opcodes[chance_below(&h->chance, ARRAY_SIZE(opcodes))]);
	wqe_remote(&wqe, h->world.far.va, h->world.far.key);
	wqe_data(&wqe, h->world.near.va, h->world.near.key, PIECE);
	qp_post(h, qp, &wqe, false, "unknown opcode");
}

/* Good but for bytes by chance: may work. */
static void by_chance(struct hostile *h, struct qp *qp)
{
	const struct world *w = &h->world;
	struct wqe wqe;
	unsigned int n = 1 + chance_below(&h->chance, 4), at;

	wqe_begin(&wqe, qp, remote_opcode(h));
	wqe_remote(&wqe, w->far.va, w->far.key);
	wqe_data(&wqe, w->near.va, w->near.key, PIECE);
	while (n--) {
		at = chance_below(&h->chance, 64);
		wqe.bytes[at] = chance_edge(&h->chance);
	}
	qp_post(h, qp, &wqe, false, "chance");
}

/* It says that it is longer than it can be, or has no length at all. */
static void wrong_size(struct hostile *h, struct qp *qp)
{
	struct wqe wqe;

	wqe_begin(&wqe, qp, MLX5_OPCODE_RDMA_WRITE);
	wqe_remote(&wqe, h->world.far.va, h->world.far.key);
	wqe_data(&wqe, h->world.near.va, h->world.near.key, chance_edge(&h->chance));
	wqe.ds = chance_one_in(&h->chance, 2) ? chance_below(&h->chance, 3) : 0x3f;
	qp_post(h, qp, &wqe, false, "wrong size");
}

static void post_one(struct hostile *h, struct qp *qp)
{
	static void (*const ways[])(struct hostile *h, struct qp *qp) = {
		foreign_rkey, foreign_rkey, foreign_lkey, foreign_lkey, key_of_another_domain,
		beyond_own_key, across_the_end, access_not_granted, right_withdrawn,
		foreign_receive, change_a_key, unknown_opcode, by_chance, wrong_size,
	};

	ways[chance_below(&h->chance, ARRAY_SIZE(ways))](h, qp);
}

/* One for each queue pair, which an error stops: then all start anew. */
void attack_wqes(struct hostile *h)
{
	unsigned int round, i;

	for (round = 0; round < ROUNDS && !hostile_over(h); round++) {
		for (i = 0; i < WORLD_QPS; i++)
			post_one(h, &h->world.qps[i]);
		qp_poll(h, WAIT_MS);
		if (!qp_connect_all(h))
			return;
	}
}
