// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns words for commands and for how they fail. Must never know queues.
 * Status and delivery codes: Linux, core/cmd.c and include/linux/mlx5/device.h.
 */
#include <stdio.h>
#include <string.h>

#include "host-backend/hca/command.h"
#include "host-backend/hca/opcodes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct word {
	uint16_t code;
	const char *text;
};

#define OP(name) { HCA_OP_##name, #name }

static const struct word opcodes[] = {
	OP(QUERY_HCA_CAP), OP(QUERY_ADAPTER), OP(INIT_HCA), OP(TEARDOWN_HCA), OP(ENABLE_HCA),
	OP(DISABLE_HCA), OP(QUERY_PAGES), OP(MANAGE_PAGES), OP(SET_HCA_CAP), OP(QUERY_ISSI),
	OP(SET_ISSI), OP(SET_DRIVER_VERSION), OP(CREATE_MKEY), OP(QUERY_MKEY), OP(DESTROY_MKEY),
	OP(CREATE_EQ), OP(DESTROY_EQ), OP(QUERY_EQ), OP(CREATE_CQ), OP(DESTROY_CQ),
	OP(QUERY_CQ), OP(MODIFY_CQ), OP(CREATE_QP), OP(DESTROY_QP), OP(RST2INIT_QP),
	OP(INIT2RTR_QP), OP(RTR2RTS_QP), OP(RTS2RTS_QP), OP(SQERR2RTS_QP), OP(2ERR_QP),
	OP(2RST_QP), OP(QUERY_QP), OP(MAD_IFC), OP(INIT2INIT_QP), OP(CREATE_XRC_SRQ),
	OP(DESTROY_XRC_SRQ), OP(QUERY_XRC_SRQ), OP(ARM_XRC_SRQ), OP(QUERY_HCA_VPORT_CONTEXT),
	OP(MODIFY_HCA_VPORT_CONTEXT), OP(QUERY_HCA_VPORT_GID), OP(QUERY_HCA_VPORT_PKEY),
	OP(ALLOC_Q_COUNTER), OP(DEALLOC_Q_COUNTER), OP(QUERY_Q_COUNTER), OP(ALLOC_PD),
	OP(DEALLOC_PD), OP(ALLOC_UAR), OP(DEALLOC_UAR), OP(ACCESS_REG), OP(ATTACH_TO_MCG),
	OP(DETACH_FROM_MCG), OP(ALLOC_XRCD), OP(DEALLOC_XRCD), OP(CREATE_RMP), OP(MODIFY_RMP),
	OP(DESTROY_RMP), OP(QUERY_RMP), OP(UMR),
};

static const struct word statuses[] = {
	{ 0x01, "internal error" }, { 0x02, "bad operation" }, { 0x03, "bad parameter" },
	{ 0x04, "bad system state" }, { 0x05, "bad resource" }, { 0x06, "resource busy" },
	{ 0x08, "limits exceeded" }, { 0x09, "bad resource state" }, { 0x0a, "bad index" },
	{ 0x0f, "no resources" }, { 0x10, "bad QP state" }, { 0x30, "bad packet" },
	{ 0x40, "too many outstanding CQEs" }, { 0x50, "bad input length" },
	{ 0x51, "bad output length" },
};

static const struct word deliveries[] = {
	{ 0x01, "signature error" }, { 0x02, "token error" }, { 0x03, "bad block number" },
	{ 0x04, "output pointer not aligned" }, { 0x05, "input pointer not aligned" },
	{ 0x06, "firmware internal error" }, { 0x07, "bad input length" },
	{ 0x08, "bad output length" }, { 0x09, "reserved field not clear" },
	{ 0x10, "bad command descriptor" },
};

static const char *find(const struct word *words, size_t n, uint16_t code)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (words[i].code == code)
			return words[i].text;
	return NULL;
}

const char *hca_opcode_name(uint16_t opcode, char *buf)
{
	const char *name = find(opcodes, COUNT(opcodes), opcode);

	if (name)
		return name;
	snprintf(buf, 8, "0x%x", opcode);
	return buf;
}

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown status";
}

void hca_cmd_error_text(const struct hca_cmd_error *e, char *buf, size_t len)
{
	char number[8];
	const char *name = hca_opcode_name(e->opcode, number);

	switch (e->err) {
	case 0:
		snprintf(buf, len, "%s: no error", name);
		break;
	case -EREMOTEIO:
		snprintf(buf, len, "%s: %s (status 0x%x, syndrome 0x%x)", name,
			 or_unknown(find(statuses, COUNT(statuses), e->status)), e->status,
			 e->syndrome);
		break;
	case -EIO:
		if (e->delivery)
			snprintf(buf, len, "%s: not delivered: %s (delivery status 0x%x)", name,
				 or_unknown(find(deliveries, COUNT(deliveries), e->delivery)),
				 e->delivery);
		else
			snprintf(buf, len, "%s: the answer makes no sense", name);
		break;
	case -ETIMEDOUT:
		snprintf(buf, len, "%s: no answer within the time limit", name);
		break;
	case -EBUSY:
		snprintf(buf, len, "%s: not sent, earlier commands have taken all slots and are "
			 "not answered", name);
		break;
	case -ENODEV:
		snprintf(buf, len, "%s: the device is gone or dead", name);
		break;
	default:
		snprintf(buf, len, "%s: not sent: %s", name, strerror(-e->err));
		break;
	}
}
