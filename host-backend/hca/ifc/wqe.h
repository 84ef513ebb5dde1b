/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the layouts that cross host memory without a command: WQE segments,
 * CQEs, EQEs, and where doorbells stand in a UAR page. It must never know who
 * writes them. Source: Linux 6.12 include/linux/mlx5/{qp,cq,device}.h and the
 * mlx5 user ABI of rdma-core 56 (providers/mlx5/mlx5dv.h).
 */
#ifndef UNDERPASS_IFC_WQE_H
#define UNDERPASS_IFC_WQE_H

#include <linux/types.h>

/* Offsets in a 4 KiB UAR page. */
enum {
	UAR_CQ_ARM		= 0x20,		/* 8 bytes: {sn|cmd|ci, cqn} */
	UAR_EQ_ARM		= 0x40,		/* 4 bytes: eqn << 24 | ci, then arm */
	UAR_EQ_UPDATE		= 0x48,		/* 4 bytes: eqn << 24 | ci */
	UAR_BF			= 0x800,	/* 4 buffers of 2^log_bf_reg_size bytes */
	UAR_PAGE_SIZE		= 0x1000,
};

/* Doorbell records, big-endian 32-bit words. */
enum {
	DBR_RCV = 0, DBR_SND = 4,		/* QP; SRQ uses DBR_RCV */
	DBR_CQ_CI = 0, DBR_CQ_ARM = 4,
	DBR_CQ_SN_SHIFT = 28,
	DBR_CQ_SOLICITED_ONLY = 1 << 24,
};

enum wqe_opcode {
	WQE_NOP			= 0x00,
	WQE_SEND_INVAL		= 0x01,
	WQE_RDMA_WRITE		= 0x08,
	WQE_RDMA_WRITE_IMM	= 0x09,
	WQE_SEND		= 0x0a,
	WQE_SEND_IMM		= 0x0b,
	WQE_TSO			= 0x0e,
	WQE_RDMA_READ		= 0x10,
	WQE_ATOMIC_CS		= 0x11,
	WQE_ATOMIC_FA		= 0x12,
	WQE_ATOMIC_MASKED_CS	= 0x14,
	WQE_ATOMIC_MASKED_FA	= 0x15,
	WQE_FMR			= 0x19,
	WQE_LOCAL_INVAL		= 0x1b,
	WQE_UMR			= 0x25,
};

enum {
	WQE_BB			= 64,		/* SQ stride, bytes */
	WQE_DS			= 16,		/* unit of the ds field, bytes */
	WQE_CTRL_DS_MASK	= 0x3f,
	/* fm_ce_se */
	WQE_CTRL_SOLICITED	= 1 << 1,
	WQE_CTRL_CE_MASK	= 3 << 2,
	WQE_CTRL_CQ_UPDATE	= 2 << 2,
	WQE_CTRL_CQ_UPDATE_EQE	= 3 << 2,
	WQE_CTRL_FM_MASK	= 7 << 5,
	WQE_FM_INITIATOR_SMALL	= 1 << 5,
	WQE_FM_FENCE		= 2 << 5,
	WQE_FM_STRONG_ORDERING	= 3 << 5,
	WQE_FM_SMALL_AND_FENCE	= 4 << 5,
};

#define WQE_INLINE		0x80000000u	/* in byte_count: data follows */
#define WQE_INLINE_MASK		0x000003ffu
#define WQE_TERMINATE_LKEY	0x00000100u	/* "no more entries" in a receive list */
#define WQE_AV_EXTENDED		0x80000000u	/* dqp_dct: long address vector */
#define WQE_AV_GRH		0x40000000u	/* grh_gid_fl: a GRH is sent */

struct wqe_ctrl {
	__be32 opmod_idx_opcode;	/* [31:24] opmod [23:8] wqe index [7:0] opcode */
	__be32 qpn_ds;			/* [31:8] qpn [5:0] size in 16-byte units */
	__u8 signature;
	__u8 reserved[2];
	__u8 fm_ce_se;
	__be32 imm;			/* immediate, rkey to invalidate, UMR mkey */
};

struct wqe_raddr {
	__be64 raddr;
	__be32 rkey;
	__be32 reserved;
};

struct wqe_atomic {
	__be64 swap_add;
	__be64 compare;
};

struct wqe_masked_atomic {
	__be64 swap_add;
	__be64 compare;
	__be64 swap_add_mask;
	__be64 compare_mask;
};

struct wqe_xrc {
	__be32 xrc_srqn;
	__u8 reserved[12];
};

struct wqe_av {
	__be32 qkey;
	__be32 reserved0;
	__be32 dqp_dct;
	__u8 stat_rate_sl;
	__u8 fl_mlid;			/* force loopback | source path bits */
	__be16 rlid;
	/* present when dqp_dct has WQE_AV_EXTENDED */
	__u8 reserved1[4];
	__u8 rmac[6];
	__u8 tclass;
	__u8 hop_limit;
	__be32 grh_gid_fl;
	__u8 rgid[16];
};

struct wqe_data {
	__be32 byte_count;
	__be32 lkey;
	__be64 addr;
};

struct wqe_umr_ctrl {
	__u8 flags;
	__u8 reserved0[3];
	__be16 xlt_octowords;
	__be16 xlt_offset;
	__be64 mkey_mask;
	__be32 xlt_offset_47_16;
	__u8 reserved1[28];
};

enum {
	UMR_TRANSLATION_OFFSET_EN	= 1 << 4,
	UMR_CHECK_NOT_FREE		= 1 << 5,
	UMR_CHECK_FREE			= 2 << 5,
	UMR_INLINE			= 1 << 7,
};

#define UMR_MASK_LEN		(1ull << 0)
#define UMR_MASK_PAGE_SIZE	(1ull << 1)
#define UMR_MASK_START_ADDR	(1ull << 6)
#define UMR_MASK_PD		(1ull << 7)
#define UMR_MASK_EN_RINVAL	(1ull << 8)
#define UMR_MASK_KEY		(1ull << 13)
#define UMR_MASK_QPN		(1ull << 14)
#define UMR_MASK_LR		(1ull << 17)
#define UMR_MASK_LW		(1ull << 18)
#define UMR_MASK_RR		(1ull << 19)
#define UMR_MASK_RW		(1ull << 20)
#define UMR_MASK_A		(1ull << 21)
#define UMR_MASK_FREE		(1ull << 29)

struct wqe_srq_next {
	__u8 reserved0[2];
	__be16 next_wqe_index;
	__u8 signature;
	__u8 reserved1[11];
};

struct wqe_klm {
	__be32 bcount;
	__be32 key;
	__be64 va;
};

/* --- completions ------------------------------------------------------------ */

enum {
	CQE_REQ			= 0,
	CQE_RESP_WR_IMM		= 1,
	CQE_RESP_SEND		= 2,
	CQE_RESP_SEND_IMM	= 3,
	CQE_RESP_SEND_INV	= 4,
	CQE_RESIZE_CQ		= 5,
	CQE_REQ_ERR		= 13,
	CQE_RESP_ERR		= 14,
	CQE_INVALID		= 15,
	CQE_OWNER		= 1,
};

enum cqe_syndrome {
	CQE_SYND_NONE			= 0x00,	/* success, not on the wire */
	CQE_SYND_LOCAL_LENGTH		= 0x01,
	CQE_SYND_LOCAL_QP_OP		= 0x02,
	CQE_SYND_LOCAL_PROT		= 0x04,
	CQE_SYND_WR_FLUSH		= 0x05,
	CQE_SYND_MW_BIND		= 0x06,
	CQE_SYND_BAD_RESP		= 0x10,
	CQE_SYND_LOCAL_ACCESS		= 0x11,
	CQE_SYND_REMOTE_INVAL_REQ	= 0x12,
	CQE_SYND_REMOTE_ACCESS		= 0x13,
	CQE_SYND_REMOTE_OP		= 0x14,
	CQE_SYND_RETRY_EXC		= 0x15,
	CQE_SYND_RNR_RETRY_EXC		= 0x16,
	CQE_SYND_REMOTE_ABORTED		= 0x22,
};

struct cqe64 {
	__u8 reserved0[2];
	__be16 wqe_id;
	__u8 reserved1[13];
	__u8 ml_path;			/* [6:0] path bits the packet came in by */
	__u8 reserved2[4];
	__be16 slid;
	__be32 flags_rqpn;		/* [29:28] grh [27:24] sl [23:0] source qpn */
	__u8 reserved3[4];
	__be32 srqn_uidx;		/* SRQ number, or the user's index (cqe_version 1) */
	__be32 imm_inval_pkey;
	__u8 reserved4[4];
	__be32 byte_cnt;
	__be64 timestamp;
	__be32 sop_drop_qpn;		/* [31:24] send opcode [23:0] qpn */
	__be16 wqe_counter;
	__u8 signature;
	__u8 op_own;			/* [7:4] opcode [3:2] format [0] owner */
};

struct err_cqe {
	__u8 reserved0[32];
	__be32 srqn;
	__u8 reserved1[18];
	__u8 vendor_err_synd;
	__u8 syndrome;
	__be32 s_wqe_opcode_qpn;
	__be16 wqe_counter;
	__u8 signature;
	__u8 op_own;
};

/* --- events ------------------------------------------------------------------ */

enum eqe_type {
	EVENT_COMP			= 0x00,
	EVENT_PATH_MIG			= 0x01,
	EVENT_COMM_EST			= 0x02,
	EVENT_SQ_DRAINED		= 0x03,
	EVENT_CQ_ERROR			= 0x04,
	EVENT_WQ_CATAS_ERROR		= 0x05,
	EVENT_PATH_MIG_FAILED		= 0x07,
	EVENT_INTERNAL_ERROR		= 0x08,
	EVENT_PORT_CHANGE		= 0x09,
	EVENT_CMD			= 0x0a,
	EVENT_PAGE_REQUEST		= 0x0b,
	EVENT_WQ_INVAL_REQ_ERROR	= 0x10,
	EVENT_WQ_ACCESS_ERROR		= 0x11,
	EVENT_SRQ_CATAS_ERROR		= 0x12,
	EVENT_SRQ_LAST_WQE		= 0x13,
	EVENT_SRQ_RQ_LIMIT		= 0x14,
};

enum {
	PORT_CHANGE_DOWN		= 1,
	PORT_CHANGE_ACTIVE		= 4,
	PORT_CHANGE_INITIALIZED		= 5,
	PORT_CHANGE_LID			= 6,
	PORT_CHANGE_PKEY		= 7,
	PORT_CHANGE_GUID		= 8,
	PORT_CHANGE_CLIENT_REREG	= 9,
};

struct eqe {
	__u8 reserved0;
	__u8 type;
	__u8 reserved1;
	__u8 sub_type;
	__be32 reserved2[7];
	__u8 data[28];			/* 32: by type */
	__be16 reserved3;
	__u8 signature;
	__u8 owner;			/* bit 0 */
};

#define IFC_AT(type, field, off) \
	_Static_assert(__builtin_offsetof(type, field) == (off), #type "." #field)

IFC_AT(struct wqe_av, rgid, 32);
IFC_AT(struct wqe_umr_ctrl, mkey_mask, 8);
IFC_AT(struct cqe64, slid, 22);
IFC_AT(struct cqe64, flags_rqpn, 24);
IFC_AT(struct cqe64, srqn_uidx, 32);
IFC_AT(struct cqe64, imm_inval_pkey, 36);
IFC_AT(struct cqe64, byte_cnt, 44);
IFC_AT(struct cqe64, timestamp, 48);
IFC_AT(struct cqe64, sop_drop_qpn, 56);
IFC_AT(struct err_cqe, vendor_err_synd, 54);
IFC_AT(struct err_cqe, syndrome, 55);
IFC_AT(struct eqe, data, 32);
_Static_assert(sizeof(struct cqe64) == 64 && sizeof(struct err_cqe) == 64 &&
	       sizeof(struct eqe) == 64 && sizeof(struct wqe_av) == 48 &&
	       sizeof(struct wqe_umr_ctrl) == 48, "layout sizes");

#endif
