// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a message is posted, and what must be true afterwards. Must never know
 * which messages are worth sending.
 */
#include "host-backend/selftest/transfer.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/selftest/run.h"

enum {
	SLACK = 24,			/* bytes of a receive buffer beyond the message */
	GRH_SGID = 8, GRH_DGID = 24, GID_BYTES = 16,
};

const char *st_opcode_name(uint8_t opcode)
{
	switch (opcode) {
	case WQE_SEND:			return "send";
	case WQE_SEND_IMM:		return "send with immediate";
	case WQE_RDMA_WRITE:		return "write";
	case WQE_RDMA_WRITE_IMM:	return "write with immediate";
	case WQE_RDMA_READ:		return "read";
	case WQE_ATOMIC_CS:		return "compare-and-swap";
	case WQE_ATOMIC_FA:		return "fetch-and-add";
	default:			return "request";
	}
}

static bool is_send(uint8_t opcode)
{
	return opcode == WQE_SEND || opcode == WQE_SEND_IMM;
}

static bool has_imm(uint8_t opcode)
{
	return opcode == WQE_SEND_IMM || opcode == WQE_RDMA_WRITE_IMM;
}

static int bad_completion(struct st_run *run, const char *whose, const struct st_completion *c)
{
	if (c->opcode == CQE_REQ_ERR || c->opcode == CQE_RESP_ERR)
		return st_fail(run, -EIO, "%s: completed with %s (syndrome 0x%02x, vendor 0x%02x)",
			       whose, st_syndrome_name(c->syndrome), c->syndrome, c->vendor);
	return st_fail(run, -EIO, "%s: an unexpected completion: type %u, QP 0x%x, WQE %u, %u "
		       "bytes", whose, c->opcode, c->qpn, c->index, c->bytes);
}

int st_expect_sent(struct st_run *run, const struct st_qp *qp, uint16_t index)
{
	struct st_completion c;
	int ret = st_cq_wait(run, &run->objects.send_cq, &c);

	if (ret)
		return ret;
	if (c.opcode != CQE_REQ || c.qpn != qp->qpn || c.index != index)
		return bad_completion(run, "requester", &c);
	return 0;
}

int st_expect_error(struct st_run *run, const struct st_qp *qp, uint16_t index, uint8_t syndrome)
{
	struct st_completion c;
	int ret = st_cq_wait(run, &run->objects.send_cq, &c);

	if (ret)
		return ret;
	if (c.opcode == CQE_REQ)
		return st_fail(run, -EACCES, "succeeded; should be refused with %s",
			       st_syndrome_name(syndrome));
	if (c.opcode != CQE_REQ_ERR || c.qpn != qp->qpn || c.index != index)
		return bad_completion(run, "requester", &c);
	if (c.syndrome != syndrome)
		return st_fail(run, -EIO, "refused with %s (syndrome 0x%02x, vendor 0x%02x), "
			       "should be %s", st_syndrome_name(c.syndrome), c.syndrome, c.vendor,
			       st_syndrome_name(syndrome));
	return 0;
}

/* What the receiver must be told. */
static int expect_received(struct st_run *run, const struct st_pair *pair,
			   const struct st_transfer *t, uint16_t index)
{
	static const uint8_t type[] = {
		[WQE_SEND] = CQE_RESP_SEND, [WQE_SEND_IMM] = CQE_RESP_SEND_IMM,
		[WQE_RDMA_WRITE_IMM] = CQE_RESP_WR_IMM,
	};
	bool datagram = pair->transport == ST_UD;
	struct st_completion c;
	int ret;

	ret = st_cq_wait(run, &run->objects.recv_cq, &c);
	if (ret)
		return ret;
	if (c.opcode != type[t->opcode] || c.index != index ||
	    c.bytes != t->len + (datagram ? ST_GRH_BYTES : 0))
		return bad_completion(run, "receiver", &c);
	if (t->opcode != WQE_SEND && c.imm != ST_IMM)
		return st_fail(run, -EILSEQ, "immediate data 0x%08x, should be 0x%08x", c.imm,
			       ST_IMM);
	if (datagram &&
	    (c.src_qpn != pair->a.qpn || c.src_lid != run->port.lid || c.grh != t->grh))
		return st_fail(run, -EILSEQ, "datagram of QP 0x%x, LID %u, GRH %d; sent by QP "
			       "0x%x, LID %u, GRH %d", c.src_qpn, c.src_lid, c.grh, pair->a.qpn,
			       run->port.lid, t->grh);
	return 0;
}

/* Uneven pieces of the near memory; 0 for an empty message. */
static unsigned int cut(const struct st_data *near, const struct st_transfer *t,
			struct st_piece *piece)
{
	uint32_t done = 0, len;
	unsigned int n;

	for (n = 0; done < t->len; n++, done += len) {
		len = n + 1 == t->pieces ? t->len - done : (t->len - done + 2) / 3;
		piece[n] = (struct st_piece){ near->va + t->near_at + done, len, near->key };
	}
	return n;
}

static uint16_t post_receive(struct st_run *run, struct st_pair *pair, const struct st_transfer *t)
{
	const struct st_data *far = &run->objects.far;
	uint32_t lead = pair->transport == ST_UD ? ST_GRH_BYTES : 0;
	const struct st_piece piece = {
		far->va + t->far_at - lead, t->len + lead + SLACK, far->key,
	};

	return st_pair_receive(pair, &piece, is_send(t->opcode) ? 1 : 0);
}

static int post_and_wait(struct st_run *run, struct st_pair *pair, const struct st_transfer *t)
{
	const struct st_data *near = &run->objects.near, *far = &run->objects.far;
	struct st_address to = {
		.qpn = pair->b.qpn, .qkey = ST_QKEY, .lid = run->port.lid, .grh = t->grh,
	};
	struct st_piece piece[3];
	struct st_send send = {
		.opcode = t->opcode, .imm = has_imm(t->opcode) ? ST_IMM : 0,
		.to = pair->transport == ST_UD ? &to : NULL,
		.xrc = pair->transport == ST_XRC, .xrc_srqn = pair->srq.srqn,
		.remote_va = far->va + t->far_at, .remote_key = far->key, .pieces = piece,
	};
	bool told = is_send(t->opcode) || t->opcode == WQE_RDMA_WRITE_IMM;
	uint16_t received = 0;
	int ret;

	memcpy(to.gid, run->port.gid, sizeof(to.gid));
	if (t->inlined) {
		send.inlined = st_data_ptr(near, t->near_at);
		send.inlined_len = t->len;
	} else {
		send.n_pieces = cut(near, t, piece);
	}
	if (told)
		received = post_receive(run, pair, t);
	ret = st_expect_sent(run, &pair->a, st_qp_send(run, &pair->a, &send));
	return ret || !told ? ret : expect_received(run, pair, t, received);
}

/* UC says nothing when a write has landed. A message after it does, and they stay in order. */
static int flush_write(struct st_run *run, struct st_pair *pair)
{
	const struct st_transfer after = {
		.opcode = WQE_RDMA_WRITE_IMM, .near_at = ST_GRH_BYTES, .far_at = ST_GRH_BYTES,
		.pieces = 1,
	};

	return post_and_wait(run, pair, &after);
}

static int check_grh(struct st_run *run, const uint8_t *grh)
{
	if (grh[0] >> 4 != 6 || memcmp(grh + GRH_SGID, run->port.gid, GID_BYTES) ||
	    memcmp(grh + GRH_DGID, run->port.gid, GID_BYTES))
		return st_fail(run, -EILSEQ, "the global route header that arrived has version %u, "
			       "should be 6, or other GIDs than the port's GID 0", grh[0] >> 4);
	return 0;
}

int st_transfer(struct st_run *run, struct st_pair *pair, const struct st_transfer *t)
{
	struct st_data *near = &run->objects.near, *far = &run->objects.far;
	bool read = t->opcode == WQE_RDMA_READ;
	uint32_t seed = ++run->seed;
	int ret;

	st_say_what(run, "%s %s of %u byte%s%s", st_transport_name(pair->transport),
		    st_opcode_name(t->opcode), t->len, t->len == 1 ? "" : "s",
		    t->inlined ? ", inline" : t->grh ? ", with GRH" : "");
	st_data_fill(read ? far : near, read ? t->far_at : t->near_at, t->len, seed);
	st_data_expect(read ? near : far, read ? t->near_at : t->far_at, t->len, seed);
	ret = post_and_wait(run, pair, t);
	if (!ret && pair->transport == ST_UC && t->opcode == WQE_RDMA_WRITE)
		ret = flush_write(run, pair);
	if (!ret && t->grh)
		ret = check_grh(run, st_data_ptr(far, t->far_at - ST_GRH_BYTES));
	if (ret)
		return ret;
	if (pair->transport == ST_UD)	/* room for a header: what is there is not defined */
		st_data_accept(far, t->far_at - ST_GRH_BYTES, ST_GRH_BYTES);
	ret = st_data_check(run, far);
	if (!ret)
		ret = st_data_check(run, near);
	run->messages++;
	run->bytes += t->len;
	return ret;
}
