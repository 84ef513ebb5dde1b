// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the requests that must be refused: memory beyond a key, rights a key does
 * not give, a key that is gone. Must never know how a request is posted.
 */
#include <errno.h>

#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/selftest/run.h"
#include "host-backend/selftest/traffic.h"
#include "host-backend/selftest/transfer.h"

enum { LEN = 64 };

/* What is wrong with a request. */
enum fault {
	REMOTE_BEHIND,			/* its last byte is the first behind the key's range */
	REMOTE_BEFORE,			/* its first byte is the last before it */
	REMOTE_RIGHT,			/* the key has no remote access */
	REMOTE_VARIANT,			/* the key's low byte */
	LOCAL_BEHIND,
	LOCAL_BEFORE,
	KEY_GONE,
};

struct refusal {
	enum fault fault;
	uint8_t opcode, syndrome;
	bool brief;
	const char *what;
};

static const struct refusal refusals[] = {
	{ REMOTE_BEHIND, WQE_RDMA_WRITE, CQE_SYND_REMOTE_ACCESS, true,
	  "write to a byte behind the key's range" },
	{ REMOTE_BEFORE, WQE_RDMA_WRITE, CQE_SYND_REMOTE_ACCESS, false,
	  "write to a byte before the key's range" },
	{ REMOTE_BEHIND, WQE_RDMA_READ, CQE_SYND_REMOTE_ACCESS, false,
	  "read of a byte behind the key's range" },
	{ REMOTE_BEFORE, WQE_RDMA_READ, CQE_SYND_REMOTE_ACCESS, false,
	  "read of a byte before the key's range" },
	{ REMOTE_RIGHT, WQE_RDMA_WRITE, CQE_SYND_REMOTE_ACCESS, false,
	  "write by a key without remote access" },
	{ REMOTE_RIGHT, WQE_RDMA_READ, CQE_SYND_REMOTE_ACCESS, false,
	  "read by a key without remote access" },
	{ REMOTE_VARIANT, WQE_RDMA_WRITE, CQE_SYND_REMOTE_ACCESS, false,
	  "write by a key whose low byte is wrong" },
	{ LOCAL_BEHIND, WQE_RDMA_WRITE, CQE_SYND_LOCAL_PROT, false,
	  "write from a byte behind the key's range" },
	{ LOCAL_BEFORE, WQE_RDMA_WRITE, CQE_SYND_LOCAL_PROT, false,
	  "write from a byte before the key's range" },
	{ KEY_GONE, WQE_RDMA_WRITE, CQE_SYND_REMOTE_ACCESS, true,
	  "write by a key that was destroyed" },
};

/* A key of the same memory that was valid a moment ago. */
static int gone_key(struct st_run *run, uint32_t *key)
{
	struct st_data *far = &run->objects.far;
	const struct hca_mkey_attr attr = {
		.pd = run->objects.pd, .access = HCA_MKEY_ACCESS_ALL,
		.start = far->va, .len = far->len,
	};
	int ret = hca_mkey_create(run->hca, &attr, far->window.bus, far->window.n_bus,
				  ST_DATA_EDGE, key);

	if (ret)
		far->quarantined = far->quarantined || hca_cmd_unsure(ret);
	else
		ret = hca_mkey_destroy(run->hca, *key);
	return ret ? st_fail_command(run, ret, "memory key") : 0;
}

static int spoil(struct st_run *run, enum fault fault, struct st_send *send,
		 struct st_piece *piece)
{
	const struct st_data *near = &run->objects.near, *far = &run->objects.far;

	switch (fault) {
	case REMOTE_BEHIND:
		send->remote_va = far->va + far->len - LEN + 1;
		return 0;
	case REMOTE_BEFORE:
		send->remote_va = far->va - 1;
		return 0;
	case REMOTE_RIGHT:
		send->remote_key = far->weak_key;
		return 0;
	case REMOTE_VARIANT:
		send->remote_key = far->key ^ 1;
		return 0;
	case LOCAL_BEHIND:
		piece->va = near->va + near->len - LEN + 1;
		return 0;
	case LOCAL_BEFORE:
		piece->va = near->va - 1;
		return 0;
	case KEY_GONE:
		return gone_key(run, &send->remote_key);
	}
	return -EINVAL;
}

/* The request is refused, the next one flushed, and no byte changed. */
static int refuse(struct st_run *run, struct st_pair *pair, const struct refusal *r)
{
	struct st_data *near = &run->objects.near, *far = &run->objects.far;
	struct st_piece piece = { near->va, LEN, near->key };
	struct st_send send = {
		.opcode = r->opcode, .remote_va = far->va, .remote_key = far->key,
		.pieces = &piece, .n_pieces = 1,
	};
	int ret;

	st_say_what(run, "%s", r->what);
	ret = spoil(run, r->fault, &send, &piece);
	if (!ret)
		ret = st_expect_error(run, &pair->a, st_qp_send(run, &pair->a, &send),
				      r->syndrome);
	if (!ret)
		ret = st_expect_error(run, &pair->a, st_qp_send(run, &pair->a, &send),
				      CQE_SYND_WR_FLUSH);
	if (!ret)
		ret = st_data_check(run, far);
	if (!ret)
		ret = st_data_check(run, near);
	return ret ? ret : st_pair_reconnect(run, pair);
}

int st_refusals(struct st_run *run)
{
	struct st_pair pair;
	unsigned int n = 0;
	size_t i;
	int ret, err;

	ret = st_pair_open(run, ST_RC, &pair);
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]) && !ret; i++) {
		if (run->config.brief && !refusals[i].brief)
			continue;
		ret = refuse(run, &pair, &refusals[i]);
		n++;
	}
	err = st_pair_close(run, &pair);
	st_note(run, "%u kinds of requests refused, no byte changed", n);
	return ret ? ret : err;
}
