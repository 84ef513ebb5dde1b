/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on queue pairs: create, every transition, query, destroy.
 * Must never know what is posted. What only the firmware's trusted users may
 * have (fast registration, the reserved key, UMR queue pairs) cannot be asked
 * for.
 */
#ifndef HCA_QP_H
#define HCA_QP_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/opcodes.h"
#include "host-backend/hca/pas.h"

struct hca;
struct hca_defaults;

enum hca_qp_type {
	HCA_QP_RC, HCA_QP_UC, HCA_QP_UD,
	HCA_QP_XRC_INI, HCA_QP_XRC_TGT,
	HCA_QP_SMI, HCA_QP_GSI,
};

/* As contexts and the port have it. */
enum hca_mtu { HCA_MTU_256 = 1, HCA_MTU_512, HCA_MTU_1024, HCA_MTU_2048, HCA_MTU_4096 };

/* Of completions: the SRQ's number takes the place of the user index. */
enum { HCA_QP_NO_USER_INDEX = 0xffffff };

/**
 * struct hca_qp_attr - what CREATE_QP gets
 * @type: kind
 * @pd: protection domain; not for XRC_TGT, which gets the default one
 * @uar: UAR page its send doorbell is in
 * @send_cqn, @recv_cqn: CQs; the latter not for XRC, the former not for XRC_TGT
 * @has_sq: it can send; not XRC_TGT
 * @log_sq: log2 WQE blocks of 64 bytes
 * @has_rq: it has a receive queue of its own: neither @has_srq nor XRC
 * @log_rq: log2 receive WQEs
 * @log_rq_stride: log2 bytes of one, 4 to 11; all together are at least 64 bytes
 * @has_srq: it receives from @srqn (RMP number)
 * @xrcd: XRC_TGT only
 * @user_index: told in completions, or HCA_QP_NO_USER_INDEX
 * @ring: receive queue first, then send queue, hca_qp_ring_bytes() together
 * @dbr_iova: doorbell record, 8 bytes, aligned to 8; 0 for XRC_TGT
 */
struct hca_qp_attr {
	enum hca_qp_type type;
	uint32_t pd, uar;
	uint32_t send_cqn, recv_cqn;
	bool has_sq, has_rq, has_srq;
	uint8_t log_sq;
	uint8_t log_rq, log_rq_stride;
	uint32_t srqn;
	uint32_t xrcd;
	uint32_t user_index;
	struct hca_ring ring;
	uint64_t dbr_iova;
};

/* Bytes of the ring; the send queue begins @sq_offset bytes (may be NULL) after its start. */
uint64_t hca_qp_ring_bytes(const struct hca_qp_attr *attr, uint64_t *sq_offset);

/**
 * hca_qp_create() - a queue pair in RESET
 * @hca: HCA
 * @defaults: for what it has not of its own
 * @attr: what
 * @qpn: its number; for SMI and GSI not the one on the wire
 *
 * Return: 0; -EINVAL when @attr contradicts itself or the ring does; -ENOMEM;
 * errors of hca_cmd(), see hca_cmd_unsure().
 */
int hca_qp_create(struct hca *hca, const struct hca_defaults *defaults,
		  const struct hca_qp_attr *attr, uint32_t *qpn);
/* In any state. Errors of hca_cmd(): it may still use its rings. */
int hca_qp_destroy(struct hca *hca, uint32_t qpn);

/**
 * struct hca_qp_path - an address path
 * @dlid, @sl, @path_bits: destination LID, service level, low bits of the source LID
 * @static_rate: as contexts have it, 0: the port's
 * @force_loopback: to this port, whatever its state
 * @port: 1
 * @pkey_index: in the port's P_Key table
 * @ack_timeout: 4.096 us * 2^this, 0: none
 * @grh: the rest is meant
 */
struct hca_qp_path {
	uint16_t dlid;
	uint8_t sl, path_bits, static_rate;
	bool force_loopback;
	uint8_t port;
	uint16_t pkey_index;
	uint8_t ack_timeout;
	bool grh;
	uint8_t sgid_index, hop_limit, traffic_class;
	uint32_t flow_label;
	uint8_t dgid[16];
};

/* The transitions; each is one command. */
enum hca_qp_verb {
	HCA_QP_RST2INIT		= HCA_OP_RST2INIT_QP,
	HCA_QP_INIT2INIT	= HCA_OP_INIT2INIT_QP,
	HCA_QP_INIT2RTR		= HCA_OP_INIT2RTR_QP,
	HCA_QP_RTR2RTS		= HCA_OP_RTR2RTS_QP,
	HCA_QP_RTS2RTS		= HCA_OP_RTS2RTS_QP,
	HCA_QP_SQERR2RTS	= HCA_OP_SQERR2RTS_QP,
	HCA_QP_2ERR		= HCA_OP_2ERR_QP,
	HCA_QP_2RST		= HCA_OP_2RST_QP,
};

/* What a transition may change besides what it always takes (include/linux/mlx5/qp.h). */
enum {
	HCA_QP_OPT_REMOTE_READ		= 1 << 1,
	HCA_QP_OPT_REMOTE_ATOMIC	= 1 << 2,
	HCA_QP_OPT_REMOTE_WRITE		= 1 << 3,
	HCA_QP_OPT_PKEY_INDEX		= 1 << 4,
	HCA_QP_OPT_QKEY			= 1 << 5,
	HCA_QP_OPT_RNR_TIMER		= 1 << 6,
	HCA_QP_OPT_PORT			= 1 << 16,
	HCA_QP_OPT_COUNTER_SET		= 1 << 25,
	HCA_QP_OPT_ACCESS = HCA_QP_OPT_REMOTE_READ | HCA_QP_OPT_REMOTE_ATOMIC |
			    HCA_QP_OPT_REMOTE_WRITE,
};

/**
 * struct hca_qp_change - values for a transition
 * @opt: HCA_QP_OPT_*, those of the values below that are to change though the
 *	transition does not always take them
 * @path: RST2INIT takes port and pkey_index, INIT2RTR the address, RTR2RTS the
 *	ack_timeout
 * @mtu, @remote_qpn, @recv_psn, @log_responder, @rnr_timer: INIT2RTR; log2 of
 *	reads and atomics that the other side may have under way; @mtu and
 *	@remote_qpn not for datagrams
 * @send_psn, @log_initiator, @retries, @rnr_retries: RTR2RTS
 * @qkey, @remote_read, @remote_write, @remote_atomic, @counter_set: RST2INIT
 */
struct hca_qp_change {
	uint32_t opt;
	struct hca_qp_path path;
	enum hca_mtu mtu;
	uint32_t remote_qpn;
	uint32_t recv_psn, send_psn;
	uint8_t log_responder, log_initiator;
	uint8_t rnr_timer, retries, rnr_retries;
	uint32_t qkey;
	bool remote_read, remote_write, remote_atomic;
	uint8_t counter_set;
};

/* HCA_QP_OPT_* that a transition of this type of QP may carry. */
uint32_t hca_qp_opt_allowed(enum hca_qp_type type, enum hca_qp_verb verb);

/**
 * hca_qp_modify() - one transition
 * @hca: HCA
 * @defaults: as when it was created
 * @qpn: QP
 * @attr: as it was created; its ring is not looked at
 * @verb: which
 * @change: values; NULL for 2ERR and 2RST
 *
 * Return: 0; -EINVAL when @change->opt or a value does not fit; errors of
 * hca_cmd(): after those of which hca_cmd_unsure() is true either state is
 * possible.
 */
int hca_qp_modify(struct hca *hca, const struct hca_defaults *defaults, uint32_t qpn,
		  const struct hca_qp_attr *attr, enum hca_qp_verb verb,
		  const struct hca_qp_change *change);

enum hca_qp_state {
	HCA_QP_STATE_RST, HCA_QP_STATE_INIT, HCA_QP_STATE_RTR, HCA_QP_STATE_RTS,
	HCA_QP_STATE_SQER, HCA_QP_STATE_SQD, HCA_QP_STATE_ERR,
};

struct hca_qp_info {
	enum hca_qp_state state;
	uint8_t service;		/* 0 RC, 1 UC, 2 UD, 3 XRC, 7 SMI, 8 GSI */
	bool trusted;			/* has rights that hca_qp_create() never gives */
	uint32_t pd, uar, send_cqn, recv_cqn, srqn, xrcd, user_index;
	struct hca_qp_change now;	/* opt: 0 */
	uint16_t sq_posted, sq_fetched;	/* WQE blocks, wrapping */
	uint32_t rq_taken;
};

int hca_qp_query(struct hca *hca, uint32_t qpn, struct hca_qp_info *info);

#endif
