/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns queue pairs as the driver makes and moves them. It must never know what
 * is posted.
 */
#ifndef HCA_CLIENT_QP_H
#define HCA_CLIENT_QP_H

#include "tests/hca-client/objects.h"

enum {
	HC_RC = 0, HC_UC = 1, HC_UD = 2, HC_XRC = 3, HC_QP0 = 7, HC_QP1 = 8, HC_UMR_QP = 0xc,
	/* opt_param_mask */
	HC_OPT_RRE = 1 << 1, HC_OPT_RAE = 1 << 2, HC_OPT_RWE = 1 << 3,
	HC_OPT_PKEY = 1 << 4, HC_OPT_QKEY = 1 << 5, HC_OPT_RNR_TIMER = 1 << 6,
	HC_MTU_256 = 1, HC_MTU_512, HC_MTU_1024, HC_MTU_2048, HC_MTU_4096,
};

/* What CREATE_QP gets. */
struct hc_qp_init {
	uint8_t type;
	uint32_t pd;
	uint8_t log_sq;			/* log2 WQEBBs; no_sq: none */
	uint8_t log_rq, log_rq_stride;	/* log2 entries, log2 bytes; 0 stride: no own RQ */
	const struct hc_cq *scq, *rcq;
	const struct hc_srq *srq;	/* NULL: own RQ */
	uint32_t xrcd;
	uint32_t user_index;		/* HC_NO_INDEX for kernel QPs */
	uint8_t counter_set;
	bool no_sq;
	bool fre, rlky;			/* kernel QPs */
};

struct hc_qp {
	struct hc_qp_init init;
	uint32_t qpn, uar;
	struct hc_mem buf, dbr;
	uint8_t *sq;			/* in buf */
	uint16_t sq_pi;			/* WQEBBs, free running */
	uint16_t rq_pi;			/* WQEs, free running */
	uint32_t last_ctrl[2];		/* of the newest WQE, for the doorbell */
	bool bf_odd;
};

/* Attributes for the modify commands; each takes the ones it needs. */
struct hc_path {
	uint16_t dlid;
	uint32_t remote_qpn;
	uint8_t mtu;			/* HC_MTU_* */
	uint8_t log_msg_max;		/* 0: 30 */
	uint8_t ack_timeout, retry, rnr_retry, min_rnr;
	uint8_t log_sra, log_rra;
	uint32_t sq_psn, rq_psn, qkey;
	uint16_t pkey_index;
	uint8_t rights;			/* HC_RR, HC_RW, HC_ATOMIC */
	bool grh;
	uint8_t sgid_index, dgid[16];
};

/* Good values for tests: everything allowed, MTU 1024, about 67 ms timeout, 7 retries. */
extern const struct hc_path hc_path_default;

int hc_qp_create(struct hc *hc, const struct hc_qp_init *init, struct hc_qp *qp);
int hc_qp_destroy(struct hc *hc, struct hc_qp *qp);

/* One modify command; @optpar: HC_OPT_*. */
int hc_qp_modify(struct hc *hc, struct hc_qp *qp, uint16_t opcode, uint32_t optpar,
		 const struct hc_path *path);
/* RESET to RTS in three commands. 2RST also rewinds the rings. */
int hc_qp_to_rts(struct hc *hc, struct hc_qp *qp, const struct hc_path *path);
int hc_qp_reset(struct hc *hc, struct hc_qp *qp);

/* QUERY_QP: the context. */
int hc_qp_query(struct hc *hc, const struct hc_qp *qp, uint8_t qpc[qpc__SIZE]);
/* The state only; -errno on failure. */
int hc_qp_state(struct hc *hc, const struct hc_qp *qp);

#endif
