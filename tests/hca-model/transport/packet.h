/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a packet: the IBA headers as decoded fields, plus the payload. It must
 * never know who sends it. Full packets from the middle of a message may travel
 * as one, a run; everybody counts them as what they are on a wire. Source:
 * InfiniBand Architecture, volume 1, chapter 9 (transport), table of BTH opcodes.
 */
#ifndef HCA_MODEL_TRANSPORT_PACKET_H
#define HCA_MODEL_TRANSPORT_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	PACKET_MAX_PAYLOAD = 4096,
	PACKET_SG = 8,			/* more pieces are bounced into one */
	QPN_MULTICAST = 0xffffff,
	PSN_MASK = 0xffffff,
};

/* BTH opcode = class << 5 | operation. */
enum bth_class { BTH_RC = 0, BTH_UC = 1, BTH_RD = 2, BTH_UD = 3, BTH_CNP = 4, BTH_XRC = 5 };

enum bth_op {
	OP_SEND_FIRST = 0x00, OP_SEND_MIDDLE, OP_SEND_LAST, OP_SEND_LAST_IMM, OP_SEND_ONLY,
	OP_SEND_ONLY_IMM, OP_WRITE_FIRST, OP_WRITE_MIDDLE, OP_WRITE_LAST, OP_WRITE_LAST_IMM,
	OP_WRITE_ONLY, OP_WRITE_ONLY_IMM, OP_READ_REQUEST, OP_READ_RESP_FIRST,
	OP_READ_RESP_MIDDLE, OP_READ_RESP_LAST, OP_READ_RESP_ONLY, OP_ACK, OP_ATOMIC_ACK,
	OP_COMPARE_SWAP, OP_FETCH_ADD, OP_RESERVED, OP_SEND_LAST_INV, OP_SEND_ONLY_INV,
};

/* AETH syndrome: [6:5] kind, [4:0] value. */
enum {
	AETH_ACK = 0x00, AETH_RNR_NAK = 0x20, AETH_NAK = 0x60,
	AETH_KIND = 0x60, AETH_VALUE = 0x1f,
	NAK_PSN_SEQUENCE = 0, NAK_INVALID_REQUEST = 1, NAK_REMOTE_ACCESS = 2,
	NAK_REMOTE_OPERATION = 3, NAK_INVALID_RD = 4,
};

struct packet {
	/* LRH, GRH */
	uint16_t slid, dlid;
	uint8_t sl;
	bool grh;
	uint8_t tclass, hop_limit;
	uint32_t flow_label;
	uint8_t sgid[16], dgid[16];
	/* BTH */
	uint8_t opcode;
	bool solicited, ack_req;
	uint16_t pkey;
	uint32_t dqpn, psn;
	uint32_t more;			/* a run: so many packets with the next PSNs are in this one */
	/* extended headers; which are meaningful follows from the opcode */
	uint32_t qkey, sqpn;		/* DETH */
	uint64_t va;			/* RETH, AtomicETH */
	uint32_t rkey, dma_len;
	uint64_t swap_add, compare;	/* AtomicETH */
	uint32_t imm;			/* ImmDt or IETH */
	uint32_t xrc_srqn;		/* XRCETH */
	uint8_t aeth_syndrome;
	uint32_t msn;
	uint64_t atomic_orig;		/* AtomicAckETH */
	/* payload: borrowed pieces of host memory, valid during delivery only */
	uint32_t len;
	unsigned int n_sg;
	struct iovec sg[PACKET_SG];
};

static inline uint8_t bth(enum bth_class class, enum bth_op op)
{
	return (uint8_t)(class << 5 | op);
}

static inline enum bth_class packet_class(const struct packet *p)
{
	return (enum bth_class)(p->opcode >> 5);
}

static inline enum bth_op packet_op(const struct packet *p)
{
	return (enum bth_op)(p->opcode & 0x1f);
}

/* Packets that this is on the wire: 1, or those of a run. */
static inline uint32_t packet_count(const struct packet *p)
{
	return p->more + 1;
}

/* The PSN of the last of them. */
static inline uint32_t packet_last_psn(const struct packet *p)
{
	return (p->psn + p->more) & PSN_MASK;
}

/* Wrapping comparison of 24-bit PSNs: <0, 0, >0 as a is before, at, after b. */
static inline int32_t psn_diff(uint32_t a, uint32_t b)
{
	return (int32_t)((a - b) << 8) >> 8;
}

/* Copy payload between packet and memory. */
void packet_copy_out(const struct packet *p, uint32_t off, void *dst, uint32_t len);
/* A copy that owns its payload (one allocation); NULL without memory. Release with free(). */
struct packet *packet_dup(const struct packet *p);
const char *packet_opcode_name(uint8_t opcode);

#endif
