// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the choice of messages: sizes, alignments, pieces, per opcode and
 * transport. Must never know how a message is posted.
 */
#include "host-backend/selftest/traffic.h"

#include <stddef.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/selftest/run.h"
#include "host-backend/selftest/transfer.h"

enum { MAX_SIZES = 16, FIRST = 64, MAX_INLINED = 100, ROUNDS = 8 };

struct sizes {
	uint32_t size[MAX_SIZES];
	unsigned int n;
};

static void size_add(struct sizes *sizes, uint32_t size, uint32_t max)
{
	if (size <= max)
		sizes->size[sizes->n++] = size;
}

static void sizes_choose(const struct st_run *run, uint32_t max, struct sizes *sizes)
{
	uint32_t mtu = run->port.mtu_bytes;

	sizes->n = 0;
	if (run->config.brief) {
		size_add(sizes, 1, max);
		size_add(sizes, mtu < max ? mtu + 1 : mtu, max);
		return;
	}
	size_add(sizes, 0, max);
	size_add(sizes, 1, max);
	size_add(sizes, 3, max);
	size_add(sizes, 64, max);
	size_add(sizes, 255, max);
	size_add(sizes, mtu - 1, max);
	size_add(sizes, mtu, max);
	size_add(sizes, mtu + 1, max);
	size_add(sizes, 65537, max);
	size_add(sizes, 1 << 20, max);
}

/* All sizes with one opcode; each with another alignment of its two ends. */
static int all_sizes(struct st_run *run, struct st_pair *pair, uint8_t opcode, uint32_t max,
		     bool grh)
{
	static const uint32_t near_at[] = { 0, 1, 61, 4000 }, far_at[] = { 0, 3, 4001, 32, 7 };
	struct sizes sizes;
	unsigned int i;
	int ret = 0;

	sizes_choose(run, max, &sizes);
	for (i = 0; i < sizes.n && !ret; i++) {
		struct st_transfer t = {
			.opcode = opcode, .len = sizes.size[i], .pieces = 1 + i % 3,
			.grh = grh || (pair->transport == ST_UD && run->port.grh_required),
			.near_at = FIRST + near_at[i % 4], .far_at = FIRST + far_at[i % 5],
		};

		ret = st_transfer(run, pair, &t);
		t.inlined = true;
		if (!ret && opcode != WQE_RDMA_READ && t.len && t.len <= MAX_INLINED)
			ret = st_transfer(run, pair, &t);
	}
	return ret;
}

static void note_traffic(struct st_run *run)
{
	st_note(run, "%llu messages, %llu bytes, every byte compared",
		(unsigned long long)run->messages, (unsigned long long)run->bytes);
}

/* Two opcodes over a pair that is made for them. */
static int opcodes(struct st_run *run, enum st_transport transport, uint8_t first, uint8_t second,
		   uint32_t max)
{
	struct st_pair pair;
	int ret, err;

	ret = st_pair_open(run, transport, &pair);
	if (!ret)
		ret = all_sizes(run, &pair, first, max, false);
	if (!ret && second != first)
		ret = all_sizes(run, &pair, second, max, transport == ST_UD);
	err = st_pair_close(run, &pair);
	note_traffic(run);
	return ret ? ret : err;
}

/* Both CQs are armed before there can be a completion: each must tell of it by an event. */
static int one_event_each(struct st_run *run, struct st_pair *pair)
{
	const struct st_transfer t = {
		.opcode = WQE_SEND, .len = 1, .pieces = 1, .near_at = FIRST, .far_at = FIRST,
	};

	st_cq_arm(run, &run->objects.send_cq);
	st_cq_arm(run, &run->objects.recv_cq);
	return st_transfer(run, pair, &t);
}

int st_rc_events(struct st_run *run)
{
	struct st_pair pair;
	unsigned int i;
	int ret, err;

	ret = st_pair_open(run, ST_RC, &pair);
	for (i = 0; i < ROUNDS && !ret; i++)
		ret = one_event_each(run, &pair);
	err = st_pair_close(run, &pair);
	st_note(run, "%u interrupts for %u completions", 2 * ROUNDS, 2 * ROUNDS);
	return ret ? ret : err;
}

int st_rc_send(struct st_run *run)
{
	return opcodes(run, ST_RC, WQE_SEND, WQE_SEND_IMM, UINT32_MAX);
}

int st_rc_write(struct st_run *run)
{
	return opcodes(run, ST_RC, WQE_RDMA_WRITE, WQE_RDMA_WRITE_IMM, UINT32_MAX);
}

int st_rc_read(struct st_run *run)
{
	return opcodes(run, ST_RC, WQE_RDMA_READ, WQE_RDMA_READ, UINT32_MAX);
}

int st_uc_send(struct st_run *run)
{
	return opcodes(run, ST_UC, WQE_SEND, WQE_SEND_IMM, UINT32_MAX);
}

int st_uc_write(struct st_run *run)
{
	return opcodes(run, ST_UC, WQE_RDMA_WRITE, WQE_RDMA_WRITE_IMM, UINT32_MAX);
}

/* The second opcode goes with a GRH. */
int st_ud_send(struct st_run *run)
{
	return opcodes(run, ST_UD, WQE_SEND, WQE_SEND_IMM, run->port.mtu_bytes);
}

int st_xrc_send(struct st_run *run)
{
	if (!ifc_get(hca_caps(run->hca), cmd_hca_cap__xrc))
		return st_leave_out(run, "the HCA offers no XRC");
	return opcodes(run, ST_XRC, WQE_SEND, WQE_SEND_IMM, UINT32_MAX);
}
