// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the libFuzzer target for the data path: any bytes in send, receive and
 * shared receive rings, doorbell records and UAR pages, over connected queue
 * pairs of every type. It must never wait; memory that no key covers must
 * stay as it was.
 *
 * Input: byte 0: flags (below); then steps, 8 bytes each (what, queue pair,
 * six numbers) and, where the step takes them, bytes.
 */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/bed.h"
#include "tests/hca-client/poll.h"
#include "tests/hca-client/post.h"
#include "tests/hca-model/fabric/faults.h"

enum {
	HEAD = BED_HEAD, MAX_STEPS = 32, TURNS = 24, CANARY = 1 << 16, CANARY_BYTE = 0x5c,
	F_KERNEL_QP = 1,	/* one queue pair may change keys, so keys may cover anything */
	F_FAULTS = 2,
	F_STRICT = 4,
	N_QPS = 10, LOG_SQ = 4, LOG_RQ = 3, RQ_STRIDE = 6,
};

static uint16_t lid;

static struct hc_cq cq;
static struct hc_srq srq, xrc_srq;
static struct hc_qp qps[N_QPS];
static struct hc_mr mr;
static struct hc_mem canary;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	bed_open(4 << 20, false);
	return 0;
}

/* --- the world of one input -------------------------------------------------- */

static void make_qp(unsigned int i, uint8_t type, uint32_t pd, uint32_t xrcd,
		    const struct hc_srq *from, bool fre)
{
	struct hc_qp_init init = {
		.type = type, .pd = pd, .xrcd = xrcd, .log_sq = LOG_SQ, .scq = &cq, .rcq = &cq,
		.srq = from, .fre = fre, .user_index = HC_NO_INDEX,
	};

	if (!from && type != HC_XRC && type != HC_UMR_QP) {
		init.log_rq = LOG_RQ;
		init.log_rq_stride = RQ_STRIDE;
	}
	must(hc_qp_create(hc, &init, &qps[i]) == 0);
}

/* Neighbours talk to each other: 0 and 1, 2 and 3, ... */
static void connect_all(void)
{
	struct hc_path path = hc_path_default;
	unsigned int i;

	path.dlid = lid;
	path.ack_timeout = 1;
	path.retry = 2;
	path.rnr_retry = 2;
	path.mtu = HC_MTU_256;
	for (i = 0; i < N_QPS; i++) {
		path.remote_qpn = qps[i ^ 1].qpn;
		must(hc_qp_to_rts(hc, &qps[i], &path) == 0);
	}
}

static void begin(uint8_t flags)
{
	uint32_t pd, xrcd;

	hca->strict = flags & F_STRICT;
	bed_bringup();
	must(hc_port_wait_active(hc, &lid) == 0);
	must(hc_cmd_number(hc, HC_ALLOC_PD, &pd) == 0);
	must(hc_cmd_number(hc, HC_ALLOC_XRCD, &xrcd) == 0);
	must(hc_cq_create(hc, 6, 64, hc->fw->comp.eqn, &cq) == 0);
	must(hc_reg(hc, pd, 1 << 16, HC_ALL_RIGHTS, &mr) == 0);
	must(hc_alloc(hc, CANARY, 4096, &canary) == 0);
	memset(canary.ptr, CANARY_BYTE, CANARY);
	must(hc_srq_create(hc, HC_SRQ_RMP, pd, 3, 6, 0, 0, 0, &srq) == 0);
	must(hc_srq_create(hc, HC_SRQ_XRC, pd, 3, 6, xrcd, cq.cqn, 1, &xrc_srq) == 0);
	make_qp(0, HC_RC, pd, xrcd, NULL, flags & F_KERNEL_QP);
	make_qp(1, HC_RC, pd, xrcd, &srq, false);
	make_qp(2, HC_UC, pd, xrcd, NULL, false);
	make_qp(3, HC_UC, pd, xrcd, NULL, false);
	make_qp(4, HC_UD, pd, xrcd, NULL, false);
	make_qp(5, HC_UD, pd, xrcd, &srq, false);
	make_qp(6, HC_XRC, pd, xrcd, NULL, false);
	make_qp(7, HC_XRC, pd, xrcd, &xrc_srq, false);
	make_qp(8, HC_RC, pd, xrcd, NULL, false);
	make_qp(9, HC_RC, pd, xrcd, NULL, false);
	connect_all();
}

/* --- steps --------------------------------------------------------------------- */

/* A good request, spoiled by XORing bytes of its WQE afterwards. */
static void post_good(struct hc_qp *qp, const uint8_t *h, const uint8_t *xor, size_t n)
{
	static const uint8_t ops[] = {
		WQE_NOP, WQE_SEND, WQE_SEND_IMM, WQE_RDMA_WRITE, WQE_RDMA_WRITE_IMM,
		WQE_RDMA_READ, WQE_ATOMIC_CS, WQE_ATOMIC_FA, WQE_SEND_INVAL, WQE_LOCAL_INVAL,
		WQE_UMR,
	};
	struct hc_av av = { .qpn = qps[h[2] % N_QPS].qpn, .qkey = 0x11111111, .lid = lid,
			    .grh = h[3] & 1 };
	struct hc_sge sge[2] = { { mr.va + h[4] * 16u, h[5] * 8u, mr.key },
				 { mr.va + 8192, h[6] * 5u, mr.key } };
	struct hc_wr wr = {
		.opcode = ops[h[3] / 16 * 7 % sizeof(ops)], .flags = h[7], .imm = h[4],
		.raddr = mr.va + 16384 + h[6], .rkey = mr.key, .sge = sge, .n_sge = 1 + (h[3] & 1),
		.av = qp->init.type == HC_UD ? &av : NULL, .xrc_srqn = xrc_srq.srqn,
		.inl = h[3] & 8 ? mr.mem.ptr : NULL, .inl_len = h[5] / 2u,
	};
	uint16_t at = hc_post_send(qp, &wr);
	size_t bytes = (size_t)WQE_BB << LOG_SQ, i;

	for (i = 0; i + 1 < n; i += 2)
		qp->sq[((size_t)at * WQE_BB + xor[i]) % bytes] ^= xor[i + 1];
}

static void post_receive(struct hc_qp *qp, const uint8_t *h)
{
	struct hc_sge sge = { mr.va + h[4] * 64u, h[5] * 16u, mr.key ^ (h[6] == 255) };

	if (qp->init.srq)
		hc_post_srq_recv(qp->init.srq == &srq ? &srq : &xrc_srq, &sge, 1);
	else if (qp->init.log_rq_stride)
		hc_post_recv(qp, &sge, 1);
}

/* Over a ring or a record, wherever it falls. */
static void smash(const struct hc_mem *mem, size_t room, uint32_t at, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		mem->ptr[(at + i) % room] = p[i];
}

static void bad_line(const uint8_t *h)
{
	struct fault_config bad = { .loss = h[2] / 512.0, .dup = h[3] / 512.0,
				    .reorder = h[4] / 512.0, .seed = h[5] };

	faults_set(hca->port, h[6] & 1 ? FAULT_RX : FAULT_TX, &bad);
}

static void uar_write(const uint8_t *h, const uint8_t *p, size_t n)
{
	uint64_t page = h[2] < 128 ? hc->fw->uar : h[2];

	hc_bar_write(hc, page * UAR_PAGE_SIZE + (h[3] | (h[4] & 15u) << 8), p, n);
}

static void move_state(struct hc_qp *qp, const uint8_t *h)
{
	static const uint16_t ops[] = { HC_2ERR_QP, HC_2RST_QP, HC_SQERR2RTS_QP, HC_RTS2RTS_QP };
	struct hc_path path = hc_path_default;

	path.dlid = lid;
	path.remote_qpn = qps[h[3] % N_QPS].qpn;
	if (h[2] & 128)
		hc_qp_to_rts(hc, qp, &path);
	else
		hc_qp_modify(hc, qp, ops[h[2] % 4], 0, &path);
}

static void run(unsigned int turns)
{
	struct hc_wc wc;
	struct eqe e;

	while (turns--) {
		model_run_once(model, false);
		while (hc_cq_poll(&cq, &wc))
			;
		while (hc_eq_poll(hc, &hc->fw->comp, &e) || hc_eq_poll(hc, &hc->fw->async, &e))
			;
	}
}

static size_t step(const uint8_t *h, const uint8_t *p, size_t n, bool faults)
{
	struct hc_qp *qp = &qps[h[1] % N_QPS];
	uint32_t at = h[2] | (uint32_t)h[3] << 8;
	size_t take = h[6] % 65 < n ? h[6] % 65 : n;

	switch (h[0] % 12) {
	case 0: case 1:
		take = (h[2] / 16u) < n ? h[2] / 16u : n;
		post_good(qp, h, p, take);
		if (h[0] % 12)
			hc_ring(hc, qp);
		return take;
	case 2:	post_receive(qp, h); return 0;
	case 3: smash(&qp->buf, qp->buf.size, at, p, take); return take;
	case 4:	smash(&qp->dbr, 8, h[2], p, take % 9); return take % 9;
	case 5: uar_write(h, p, take % 17 ? take % 17 : 0); return take % 17;
	case 6: hc_ring(hc, qp); return 0;
	case 7: smash(h[1] & 1 ? &srq.buf : &xrc_srq.buf, srq.buf.size, at, p, take); return take;
	case 8: smash(h[1] & 1 ? &srq.dbr : &xrc_srq.dbr, 8, h[2], p, take % 5); return take % 5;
	case 9: hc_cq_arm(hc, &cq, h[2] & 1); return 0;
	case 10: move_state(qp, h); return 0;
	default:
		if (faults && h[7] & 1)
			bad_line(h);
		run(h[2] % 6);
		return 0;
	}
}

static bool canary_alive(void)
{
	return canary.ptr[0] == CANARY_BYTE && !memcmp(canary.ptr, canary.ptr + 1, CANARY - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;
	uint8_t flags;

	if (size < 1)
		return 0;
	flags = *data++;
	size--;
	begin(flags);
	for (i = 0; i < MAX_STEPS && size >= HEAD; i++) {
		size_t used = HEAD + step(data, data + HEAD, size - HEAD, flags & F_FAULTS);

		data += used;
		size -= used;
	}
	run(TURNS);
	faults_clear(hca->port);
	must(canary_alive() || flags & F_KERNEL_QP);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	return bed_mutate(data, size, max, seed);
}
