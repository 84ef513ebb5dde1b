// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the atomic operations: what must be in memory and what is answered. Must
 * never know how they are posted.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/selftest/run.h"
#include "host-backend/selftest/traffic.h"
#include "host-backend/selftest/transfer.h"

enum { WORD = 8, HOST_ENDIAN = 1 };

/* One operation on a word that is @old: it must become @new. */
struct atomic {
	uint8_t opcode;
	uint64_t old, swap_add, compare, new;
};

static const struct atomic atomics[] = {
	{ WQE_ATOMIC_FA, 1000, 7, 0, 1007 },
	{ WQE_ATOMIC_FA, UINT64_MAX, 2, 0, 1 },
	{ WQE_ATOMIC_CS, 0x0123456789abcdef, 42, 0x0123456789abcdef, 42 },
	{ WQE_ATOMIC_CS, 0x0123456789abcdef, 42, 0x0123456789abcdee, 0x0123456789abcdef },
};

static void word_write(uint8_t *p, uint64_t value)
{
	memcpy(p, &value, sizeof(value));
}

/* The answer comes big-endian unless the HCA was told otherwise at bring-up. */
static uint64_t as_answered(struct st_run *run, uint64_t value)
{
	const uint8_t *caps = hca_caps_atomic(run->hca);

	if (caps && ifc_get(caps, atomic_caps__atomic_req_8B_endianness_mode) == HOST_ENDIAN)
		return value;
	return htobe64(value);
}

static int operate(struct st_run *run, struct st_pair *pair, const struct atomic *atomic,
		   uint64_t near_at, uint64_t far_at)
{
	struct st_data *near = &run->objects.near, *far = &run->objects.far;
	const struct st_piece piece = { near->va + near_at, WORD, near->key };
	const struct st_send send = {
		.opcode = atomic->opcode, .remote_va = far->va + far_at, .remote_key = far->key,
		.swap_add = atomic->swap_add, .compare = atomic->compare,
		.pieces = &piece, .n_pieces = 1,
	};
	uint8_t *remote = st_data_ptr(far, far_at), *local = st_data_ptr(near, near_at);
	int ret;

	st_say_what(run, "RC %s on 0x%llx", st_opcode_name(atomic->opcode),
		    (unsigned long long)atomic->old);
	/* What it must become is noted first, then what it is put back. */
	word_write(remote, atomic->new);
	st_data_accept(far, far_at, WORD);
	word_write(remote, atomic->old);
	word_write(local, as_answered(run, atomic->old));
	st_data_accept(near, near_at, WORD);
	word_write(local, ~as_answered(run, atomic->old));
	ret = st_expect_sent(run, &pair->a, st_qp_send(run, &pair->a, &send));
	if (!ret)
		ret = st_data_check(run, far);
	if (!ret)
		ret = st_data_check(run, near);
	run->messages++;
	return ret;
}

int st_rc_atomics(struct st_run *run)
{
	/* The word the other side has must be aligned; addresses, not offsets, count. */
	uint64_t far_at = -run->objects.far.va % WORD + 4096;
	struct st_pair pair;
	size_t i;
	int ret, err;

	if (!ifc_get(hca_caps(run->hca), cmd_hca_cap__atomic))
		return st_leave_out(run, "the HCA offers no atomic operations");
	ret = st_pair_open(run, ST_RC, &pair);
	for (i = 0; i < sizeof(atomics) / sizeof(atomics[0]) && !ret; i++)
		ret = operate(run, &pair, &atomics[i], 128 + 8 * i, far_at + 8 * i);
	err = st_pair_close(run, &pair);
	st_note(run, "%llu operations, every byte compared", (unsigned long long)run->messages);
	return ret ? ret : err;
}
