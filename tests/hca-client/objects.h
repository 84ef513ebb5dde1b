/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns memory keys, completion queues and shared receive queues as the driver
 * makes them. It must never know what goes through them. PDs, XRCDs and
 * counters are plain numbers: hc_cmd_number() and hc_cmd_simple().
 */
#ifndef HCA_CLIENT_OBJECTS_H
#define HCA_CLIENT_OBJECTS_H

#include "tests/hca-client/bringup.h"

enum {
	HC_LR = 1, HC_LW = 2, HC_RR = 4, HC_RW = 8, HC_ATOMIC = 16,
	HC_ALL_RIGHTS = 31,
	HC_MODE_PA = 0, HC_MODE_MTT = 1, HC_MODE_KLM = 2, HC_MODE_KSM = 3,
	HC_ANY_QPN = 0xffffff,
	HC_NO_INDEX = 0xffffff,
};

struct hc_klm {
	uint32_t bytes, key;
	uint64_t va;
};

/* What CREATE_MKEY gets; zero where a field does not matter. */
struct hc_mkey {
	uint32_t pd;
	uint8_t rights, mode;
	uint8_t variant;
	uint32_t qpn;			/* 0: any */
	uint64_t start, len;
	bool length64, free, umr_en, en_rinval;
	uint8_t log_page;		/* log2 bytes */
	const uint64_t *pages;		/* MTT */
	const struct hc_klm *klms;	/* KLM, KSM */
	uint32_t n;			/* entries given */
	uint32_t octowords;		/* 0: what @n needs */
};

/* 0: @key is index << 8 | variant. */
int hc_mkey_create(struct hc *hc, const struct hc_mkey *m, uint32_t *key);
int hc_mkey_destroy(struct hc *hc, uint32_t key);

/* A registered piece of arena, as ibv_reg_mr() gives: 4 KiB pages. */
struct hc_mr {
	struct hc_mem mem;
	uint64_t va;			/* of the first byte; not its bus address */
	uint32_t key;
};

int hc_reg(struct hc *hc, uint32_t pd, size_t len, uint8_t rights, struct hc_mr *mr);
int hc_dereg(struct hc *hc, struct hc_mr *mr);

struct hc_cq {
	uint32_t cqn, uar;
	uint8_t log, cqe_bytes;
	struct hc_mem buf, dbr;
	struct hc_mem next_buf;		/* a resize is under way */
	uint8_t next_log;
	uint32_t ci;			/* free running */
	uint8_t arm_sn;
};

int hc_cq_create(struct hc *hc, uint8_t log, uint8_t cqe_bytes, uint32_t eqn, struct hc_cq *cq);
int hc_cq_destroy(struct hc *hc, struct hc_cq *cq);
/* After this hc_cq_poll() moves to the new ring when it meets the mark. */
int hc_cq_resize(struct hc *hc, struct hc_cq *cq, uint8_t log);
int hc_cq_moderate(struct hc *hc, struct hc_cq *cq, uint16_t period_us, uint16_t count);

enum hc_srq_kind { HC_SRQ_RMP, HC_SRQ_XRC, HC_SRQ_BASIC };

struct hc_srq {
	enum hc_srq_kind kind;
	uint32_t srqn;
	struct hc_mem buf, dbr;
	uint8_t log, log_stride;	/* stride: log2 bytes */
	uint16_t head, tail;		/* free WQEs, a list in the ring itself */
	uint16_t posted;
};

/* @log_stride: log2 bytes of a WQE, 5..; @xrcd, @cqn, @user_index: XRC only. */
int hc_srq_create(struct hc *hc, enum hc_srq_kind kind, uint32_t pd, uint8_t log,
		  uint8_t log_stride, uint32_t xrcd, uint32_t cqn, uint32_t user_index,
		  struct hc_srq *srq);
int hc_srq_destroy(struct hc *hc, struct hc_srq *srq);
int hc_srq_arm(struct hc *hc, struct hc_srq *srq, uint16_t limit);

/* HC_ATTACH_TO_MCG or HC_DETACH_FROM_MCG. */
int hc_mcg(struct hc *hc, uint16_t opcode, uint32_t qpn, const uint8_t gid[16]);

#endif
