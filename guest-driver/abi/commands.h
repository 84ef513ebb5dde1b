/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands of the control ring: what is in up_slot.data, both ways.
 * Must never know how the device carries them out.
 *
 * Objects are named by the numbers the HCA gave them (they appear in WQEs,
 * CQEs and doorbells anyhow); the device checks that they are this guest's.
 * Reserved fields and unknown flags must be zero. Sizes and addresses are in
 * bytes unless said otherwise; log_* are powers of two. GPA is a
 * guest-physical address. A command or an answer has exactly the length of its
 * struct below; QUERY_DEVICE, QUERY_CLOCK and ALLOC_* have no command, FREE_*,
 * DESTROY_* and the like no answer: length 0.
 */
#ifndef UNDERPASS_ABI_COMMANDS_H
#define UNDERPASS_ABI_COMMANDS_H

#include <linux/types.h>

enum up_opcode {
	UP_QUERY_DEVICE = 0x01,
	UP_QUERY_PORT = 0x02,
	UP_QUERY_GIDS = 0x03,
	UP_QUERY_PKEYS = 0x04,
	UP_QUERY_CLOCK = 0x05,
	UP_ALLOC_UAR = 0x10,
	UP_FREE_UAR = 0x11,
	UP_ALLOC_PD = 0x12,
	UP_FREE_PD = 0x13,
	UP_ALLOC_XRCD = 0x14,
	UP_FREE_XRCD = 0x15,
	UP_PIN_PAGES = 0x20,
	UP_UNPIN_PAGES = 0x21,
	UP_REG_MR = 0x22,
	UP_DEREG_MR = 0x23,
	UP_REREG_MR = 0x24,
	UP_CREATE_EQ = 0x30,
	UP_DESTROY_EQ = 0x31,
	UP_CREATE_CQ = 0x32,
	UP_RESIZE_CQ = 0x33,
	UP_MODERATE_CQ = 0x34,
	UP_DESTROY_CQ = 0x35,
	UP_CREATE_SRQ = 0x40,
	UP_ARM_SRQ = 0x41,
	UP_QUERY_SRQ = 0x42,
	UP_DESTROY_SRQ = 0x43,
	UP_CREATE_QP = 0x50,
	UP_MODIFY_QP = 0x51,
	UP_QUERY_QP = 0x52,
	UP_DESTROY_QP = 0x53,
	UP_ATTACH_MCAST = 0x60,
	UP_DETACH_MCAST = 0x61,
};

/* --- memory --------------------------------------------------------------- */

/* Whole pages of guest RAM that follow each other. */
struct up_run {
	__le64 gpa;			/* multiple of UP_PAGE */
	__le64 size;			/* multiple of UP_PAGE, not 0 */
};

#define UP_INLINE_RUNS		4
#define UP_LIST_RUNS		255	/* in one page of a list */

/*
 * A list of runs. Up to UP_INLINE_RUNS stand here; more in a chain of pages of
 * struct up_list, all full but the last. What has no memory (a QP without
 * queues of its own) has all zero here.
 */
struct up_pages {
	__le32 n_runs;
	__le32 offset;			/* of the first byte in the first page; < UP_PAGE */
	__le64 bytes;			/* that are meant, from that byte on */
	__le64 list;			/* GPA of the first struct up_list, 0: inline */
	__le64 reserved;
	struct up_run runs[UP_INLINE_RUNS];
};

struct up_list {
	__le64 next;			/* GPA of the next one, 0: last */
	__le64 reserved;
	struct up_run runs[UP_LIST_RUNS];
};

/* --- device and port ------------------------------------------------------ */

struct up_query_device_out {
	__le64 node_guid, sys_image_guid;	/* byte order of the wire, as the HCA gives them */
	__le32 vendor_id, vendor_part_id, hw_revision;
	__le32 fw_major, fw_minor, fw_sub;
	__le64 max_mr_bytes;
	/* what this guest may have */
	__le32 max_pd, max_mr, max_cq, max_qp, max_srq, max_xrcd, max_eq, max_mcast, max_mcast_qp;
	__le32 max_runs;		/* of one list */
	/* what one object may be */
	__u8 log_max_cq, log_max_qp_wr, log_max_srq_wr, log_max_rd_atomic;
	__u8 log_max_msg, n_ports, log_bf_reg, cqe_version;
	__le32 max_sq_desc, max_rq_desc;	/* bytes of a WQE */
	__le32 flags;			/* enum up_device_flags */
	__le32 device_frequency_khz;
	__le32 local_ca_ack_delay;
	__le32 reserved[9];
};

enum up_device_flags {
	UP_DEVICE_XRC = 1u << 0,
	UP_DEVICE_ATOMIC = 1u << 1,
	UP_DEVICE_CQ_RESIZE = 1u << 2,
	UP_DEVICE_CQ_MODERATION = 1u << 3,
	UP_DEVICE_CQE_128 = 1u << 4,
};

struct up_query_port {
	__le32 port;			/* from 1 */
	__le32 reserved;
};

struct up_query_port_out {
	__u8 state, phys_state;		/* as in PortInfo */
	__u8 max_mtu, active_mtu;	/* IB encoding: 5 = 4096 */
	__u8 link_width, lmc, sm_sl, subnet_timeout;
	__le32 link_speed;		/* IB encoding */
	__le16 lid, sm_lid;
	__le32 cap_mask;
	__le32 max_vls;			/* how many: 1, 2, 4, 8 or 15 */
	__le32 n_gids, n_pkeys;
	__le32 max_msg;
	__le32 qkey_violations, pkey_violations;
	__le32 reserved[7];
};

/* A window of a table; the answer's entries beyond count are zero. */
struct up_query_table {
	__le32 port;
	__le32 first;
	__le32 count;			/* GIDs: up to 16; P_Keys: up to 128 */
	__le32 reserved;
};

struct up_query_gids_out {
	__u8 gids[16][16];
};

struct up_query_pkeys_out {
	__le16 pkeys[128];
};

/* The free-running clock that completions are stamped with, at some time during the command. */
struct up_query_clock_out {
	__le64 cycles;			/* of device_frequency_khz */
	__le32 bits;			/* it wraps at 1 << bits; at most 64 */
	__le32 reserved;
};

/* --- plain numbers -------------------------------------------------------- */

/* FREE_*, DESTROY_*, DEREG_MR (the lkey), UNPIN_PAGES, QUERY_SRQ. */
struct up_number {
	__le32 number;
	__le32 reserved;
};

/* ALLOC_PD, ALLOC_XRCD, and all CREATE_* and PIN_PAGES: the new object. */
struct up_number_out {
	__le32 number;
	__le32 reserved;
};

struct up_alloc_uar_out {
	__le32 uar;			/* number, as in contexts */
	__le32 page;			/* of UP_BAR_UAR */
};

/* --- memory regions ------------------------------------------------------- */

enum up_access {
	UP_ACCESS_LOCAL_WRITE = 1u << 0,
	UP_ACCESS_REMOTE_WRITE = 1u << 1,
	UP_ACCESS_REMOTE_READ = 1u << 2,
	UP_ACCESS_REMOTE_ATOMIC = 1u << 3,
};

/* Doorbell records: pages that the HCA reads, named by several queues. */
struct up_pin_pages {
	struct up_pages pages;
};

struct up_reg_mr {
	__le32 pd;
	__le32 access;			/* enum up_access; local read is always there */
	__le64 va;			/* of the first byte; its low 12 bits are pages.offset */
	struct up_pages pages;
};

struct up_reg_mr_out {
	__le32 lkey, rkey;
};

/*
 * Other rights, or another domain, for the same memory under the same keys. To
 * be written to, it must have been registered with UP_ACCESS_LOCAL_WRITE
 * (UP_BAD_MEMORY: its pages are mapped for reading only); an HCA that cannot
 * change a right says UP_BAD_COMMAND. In both cases a new region will do. After
 * UP_HCA_FAILED the region may be lost.
 */
struct up_rereg_mr {
	__le32 lkey;
	__le32 pd;			/* afterwards; its own again: no change */
	__le32 access;			/* afterwards; as in up_reg_mr */
	__le32 reserved;
};

/* --- queues --------------------------------------------------------------- */

/* Where a queue's doorbell record is. */
struct up_dbr {
	__le32 pages;			/* from PIN_PAGES */
	__le32 offset;			/* bytes; multiple of 8 */
};

struct up_create_eq {
	__le32 log_size;
	__le32 vector;			/* MSI-X of this device, not 0 */
	__le32 uar;
	__le32 reserved;
	struct up_pages ring;
};

struct up_create_cq {
	__le32 log_size;
	__le32 cqe_bytes;		/* 64 or 128 */
	__le32 uar, eqn;
	__le32 flags;			/* enum up_cq_flags */
	__le32 reserved;
	struct up_dbr dbr;		/* consumer index @0, arm @4 */
	struct up_pages ring;
};

enum up_cq_flags {
	UP_CQ_IGNORE_OVERRUN = 1u << 0,	/* a completion that finds no room is no error */
};

struct up_resize_cq {
	__le32 cqn;
	__le32 log_size;
	struct up_pages ring;
};

struct up_moderate_cq {
	__le32 cqn;
	__le16 period_us, count;
};

enum up_srq_kind {
	UP_SRQ_BASIC,
	UP_SRQ_XRC,
};

struct up_create_srq {
	__le32 kind;			/* enum up_srq_kind */
	__le32 pd;
	__le32 log_size;		/* WQEs */
	__le32 log_stride;		/* bytes of a WQE */
	__le32 xrcd, cqn;		/* XRC */
	__le32 user_index;		/* in CQEs; 0xffffff: the SRQ's number */
	__le32 reserved;
	struct up_dbr dbr;
	struct up_pages ring;
};

struct up_arm_srq {
	__le32 srqn;
	__le32 limit;
};

struct up_query_srq_out {
	__le32 limit;
	__le32 state;			/* 0 good, else error */
};

enum up_qp_type {
	UP_QP_RC, UP_QP_UC, UP_QP_UD, UP_QP_XRC_INI, UP_QP_XRC_TGT,
};

/*
 * What a type has not is 0: pd, scq and uar of XRC_TGT, rcq of both XRC types,
 * xrcd of all but XRC_TGT; and without queues of its own a QP has neither dbr
 * nor ring.
 */
struct up_create_qp {
	__le32 type;			/* enum up_qp_type */
	__le32 pd;
	__le32 scq, rcq;
	__le32 srq;			/* 0: none */
	__le32 xrcd;
	__le32 uar;
	__le32 user_index;		/* in CQEs; 0xffffff: the QP's number */
	__u8 log_sq;			/* units of 64 bytes; 0xff: no send queue */
	__u8 log_rq;			/* WQEs; 0xff: no receive queue */
	__u8 log_rq_stride;		/* bytes */
	__u8 reserved0;
	__le32 flags;			/* 0 */
	struct up_dbr dbr;		/* receive @0, send @4 */
	struct up_pages ring;		/* receive queue, then send queue */
};

enum up_qp_state {
	UP_QPS_RESET, UP_QPS_INIT, UP_QPS_RTR, UP_QPS_RTS, UP_QPS_SQD, UP_QPS_SQE, UP_QPS_ERR,
};

/* Which fields of up_qp_attr are meant. */
enum up_qp_mask {
	UP_QP_ACCESS = 1u << 0,
	UP_QP_PKEY = 1u << 1,
	UP_QP_QKEY = 1u << 2,
	UP_QP_PATH = 1u << 3,		/* path; to INIT only its port */
	UP_QP_MTU = 1u << 4,
	UP_QP_TIMEOUT = 1u << 5,
	UP_QP_RETRY = 1u << 6,
	UP_QP_RNR_RETRY = 1u << 7,
	UP_QP_MIN_RNR = 1u << 8,
	UP_QP_RQ_PSN = 1u << 9,
	UP_QP_SQ_PSN = 1u << 10,
	UP_QP_RD_ATOMIC = 1u << 11,	/* as requester */
	UP_QP_DEST_RD_ATOMIC = 1u << 12,	/* as responder */
	UP_QP_DEST = 1u << 13,
};

struct up_path {
	__le16 dlid;
	__u8 sl, path_bits;
	__u8 grh, sgid_index, hop_limit, traffic_class;
	__le32 flow_label;
	__u8 static_rate, port;		/* rate: IB encoding (2: 2.5 Gb/s ...), 0: the port's */
	__le16 reserved;
	__u8 dgid[16];
};

struct up_qp_attr {
	__le32 qkey;
	__le32 dest_qpn;
	__le32 rq_psn, sq_psn;
	__le32 access;			/* enum up_access: what remote sides may do */
	__le16 pkey_index;
	__u8 path_mtu;			/* IB encoding */
	__u8 timeout, retry, rnr_retry, min_rnr;
	__u8 rd_atomic, dest_rd_atomic;	/* numbers, powers of two or 0 */
	__u8 reserved[11];
	struct up_path path;
};

struct up_modify_qp {
	__le32 qpn;
	__le32 mask;			/* enum up_qp_mask */
	__u8 from, to;			/* enum up_qp_state; from must be the QP's, but for to RESET or ERR */
	__u8 reserved[6];
	struct up_qp_attr attr;
};

struct up_query_qp_out {
	__le32 state;			/* enum up_qp_state */
	__le32 reserved;
	struct up_qp_attr attr;
};

struct up_mcast {
	__le32 qpn;
	__le32 reserved;
	__u8 gid[16];
};

_Static_assert(sizeof(struct up_run) == 16, "up_run");
_Static_assert(sizeof(struct up_pages) == 96, "up_pages");
_Static_assert(sizeof(struct up_list) == 4096, "up_list");
_Static_assert(sizeof(struct up_query_device_out) == 152, "up_query_device_out");
_Static_assert(sizeof(struct up_query_port_out) == 72, "up_query_port_out");
_Static_assert(sizeof(struct up_reg_mr) == 112, "up_reg_mr");
_Static_assert(sizeof(struct up_rereg_mr) == 16, "up_rereg_mr");
_Static_assert(sizeof(struct up_create_eq) == 112, "up_create_eq");
_Static_assert(sizeof(struct up_create_cq) == 128, "up_create_cq");
_Static_assert(sizeof(struct up_resize_cq) == 104, "up_resize_cq");
_Static_assert(sizeof(struct up_create_srq) == 136, "up_create_srq");
_Static_assert(sizeof(struct up_create_qp) == 144, "up_create_qp");
_Static_assert(sizeof(struct up_path) == 32, "up_path");
_Static_assert(sizeof(struct up_qp_attr) == 72, "up_qp_attr");
_Static_assert(sizeof(struct up_modify_qp) == 88, "up_modify_qp");
_Static_assert(sizeof(struct up_query_qp_out) == 80, "up_query_qp_out");

#endif
