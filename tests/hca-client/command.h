/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the driver's side of the command queue: slots and mailboxes. It must
 * never know what a command does.
 */
#ifndef HCA_CLIENT_COMMAND_H
#define HCA_CLIENT_COMMAND_H

#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/contexts.h"
#include "tests/hca-client/client.h"

enum hc_opcode {
	HC_QUERY_HCA_CAP = 0x100, HC_QUERY_ADAPTER, HC_INIT_HCA, HC_TEARDOWN_HCA,
	HC_ENABLE_HCA, HC_DISABLE_HCA, HC_QUERY_PAGES = 0x107, HC_MANAGE_PAGES,
	HC_SET_HCA_CAP, HC_QUERY_ISSI, HC_SET_ISSI, HC_SET_DRIVER_VERSION = 0x10d,
	HC_CREATE_MKEY = 0x200, HC_QUERY_MKEY, HC_DESTROY_MKEY, HC_QUERY_SPECIAL_CONTEXTS,
	HC_CREATE_EQ = 0x301, HC_DESTROY_EQ, HC_QUERY_EQ,
	HC_CREATE_CQ = 0x400, HC_DESTROY_CQ, HC_QUERY_CQ, HC_MODIFY_CQ,
	HC_CREATE_QP = 0x500, HC_DESTROY_QP, HC_RST2INIT_QP, HC_INIT2RTR_QP,
	HC_RTR2RTS_QP, HC_RTS2RTS_QP, HC_SQERR2RTS_QP, HC_2ERR_QP, HC_RTS2SQD_QP,
	HC_2RST_QP = 0x50a, HC_QUERY_QP, HC_SQD2RTS_QP, HC_MAD_IFC, HC_INIT2INIT_QP,
	HC_CREATE_SRQ = 0x700, HC_DESTROY_SRQ, HC_QUERY_SRQ, HC_ARM_RQ,
	HC_CREATE_XRC_SRQ = 0x705, HC_DESTROY_XRC_SRQ, HC_QUERY_XRC_SRQ, HC_ARM_XRC_SRQ,
	HC_QUERY_VPORT_STATE = 0x750, HC_QUERY_HCA_VPORT_CONTEXT = 0x762,
	HC_MODIFY_HCA_VPORT_CONTEXT, HC_QUERY_HCA_VPORT_GID, HC_QUERY_HCA_VPORT_PKEY,
	HC_ALLOC_Q_COUNTER = 0x771, HC_DEALLOC_Q_COUNTER, HC_QUERY_Q_COUNTER,
	HC_ALLOC_PD = 0x800, HC_DEALLOC_PD, HC_ALLOC_UAR, HC_DEALLOC_UAR,
	HC_ACCESS_REG = 0x805, HC_ATTACH_TO_MCG, HC_DETACH_FROM_MCG,
	HC_ALLOC_XRCD = 0x80e, HC_DEALLOC_XRCD, HC_ALLOC_TD = 0x816, HC_DEALLOC_TD,
	HC_CREATE_RMP = 0x90c, HC_MODIFY_RMP, HC_DESTROY_RMP, HC_QUERY_RMP,
	HC_CREATE_UMEM = 0xa08, HC_DESTROY_UMEM = 0xa0a,
};

enum {
	HC_SLOTS = 32,
	HC_SLOT_PAGES = 31,		/* MANAGE_PAGES always takes the last one */
	HC_CMD_ENTRY = 64,
	HC_MAILBOX_DATA = 512,		/* bytes of one block */
	HC_MAILBOX_STRIDE = 1024,
	HC_CMD_MAX = 1 << 20,		/* bytes of one mailbox we send */
};

/* Tell the HCA where the queue is; in the first call its memory is allocated. */
int hc_cmdq_start(struct hc *hc);

/**
 * hc_exec - run one command in slot 0 (MANAGE_PAGES: in the last) and wait
 * @hc:   the connection
 * @in:   input mailbox, opcode and all
 * @ilen: bytes
 * @out:  output mailbox; may be NULL when nothing but the status matters
 * @olen: bytes
 *
 * Return: 0; -EREMOTEIO when the HCA refused (hc->status and hc->syndrome
 * say why); -EIO on a delivery error (hc->delivery); -ETIMEDOUT.
 */
int hc_exec(struct hc *hc, const void *in, size_t ilen, void *out, size_t olen);

/* The same in steps, for many commands at a time. hc_cmd_post() rings no doorbell. */
int hc_cmd_post(struct hc *hc, unsigned int slot, const void *in, size_t ilen, size_t olen);
void hc_cmd_ring(struct hc *hc, uint32_t slots);
bool hc_cmd_done(struct hc *hc, unsigned int slot);
int hc_cmd_collect(struct hc *hc, unsigned int slot, void *out, size_t olen);
/* Give up on a slot whose command will not be answered (after a reset). */
void hc_cmd_drop(struct hc *hc, unsigned int slot);

/*
 * Commands of one opcode and at most one number, which all have at the same
 * place ([23:0] of the third dword).
 */
int hc_cmd_simple(struct hc *hc, uint16_t opcode, uint16_t op_mod, uint32_t number);
int hc_cmd_number(struct hc *hc, uint16_t opcode, uint32_t *number);

static inline void hc_head(void *in, uint16_t opcode, uint16_t op_mod)
{
	ifc_set(in, cmd_in__opcode, opcode);
	ifc_set(in, cmd_in__op_mod, op_mod);
}

#endif
