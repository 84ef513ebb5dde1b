// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns entries and mailboxes of the command queue, as the driver fills and
 * reads them. It must never know what a command does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-client/command.h"

/* Init segment. */
enum {
	ISEG_CMDQ_ADDR_H = 0x10, ISEG_CMDQ_ADDR_L = 0x14, ISEG_CMD_DBELL = 0x18,
	ISEG_INITIALIZING = 0x1fc,
};

/* Command queue entry (mlx5 driver, struct mlx5_cmd_layout). */
enum {
	ENTRY_TYPE = 0, ENTRY_ILEN = 4, ENTRY_IN_PTR = 8, ENTRY_IN = 16, ENTRY_OUT = 32,
	ENTRY_OUT_PTR = 48, ENTRY_OLEN = 56, ENTRY_TOKEN = 60, ENTRY_STATUS_OWN = 63,
	ENTRY_INLINE = 16,
	ENTRY_TYPE_PCI = 7,
};

/* Mailbox block (struct mlx5_cmd_prot_block). */
enum { BLOCK_NEXT = 560, BLOCK_NUMBER = 568, BLOCK_TOKEN = 573 };

struct slot {
	struct hc_mem in, out;
	size_t ilen, olen;
};

static uint8_t *entry(struct hc *hc, unsigned int slot)
{
	return hc->cmdq.ptr + slot * HC_CMD_ENTRY;
}

static uint32_t blocks(size_t len)
{
	if (len <= ENTRY_INLINE)
		return 0;
	return (uint32_t)((len - ENTRY_INLINE + HC_MAILBOX_DATA - 1) / HC_MAILBOX_DATA);
}

int hc_cmdq_start(struct hc *hc)
{
	int ret;

	if (!hc->cmdq.ptr) {
		ret = hc_alloc(hc, HC_SLOTS * HC_CMD_ENTRY, HC_PAGE, &hc->cmdq);
		if (ret)
			return ret;
	}
	if (!hc_until(hc, !(hc_read32(hc, ISEG_INITIALIZING) >> 31)))
		return -ETIMEDOUT;
	hc_write32(hc, ISEG_CMDQ_ADDR_H, (uint32_t)(hc->cmdq.iova >> 32));
	return hc_write32(hc, ISEG_CMDQ_ADDR_L, (uint32_t)hc->cmdq.iova);
}

/* A chain of linked blocks for all but the first 16 bytes of a mailbox. */
static int chain_alloc(struct hc *hc, size_t len, uint8_t token, const uint8_t *data,
		       struct hc_mem *out)
{
	uint32_t n = blocks(len);
	uint32_t i;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!n)
		return 0;
	ret = hc_alloc(hc, (size_t)n * HC_MAILBOX_STRIDE, HC_MAILBOX_STRIDE, out);
	if (ret)
		return ret;
	for (i = 0; i < n; i++) {
		uint8_t *b = out->ptr + i * HC_MAILBOX_STRIDE;
		size_t off = ENTRY_INLINE + (size_t)i * HC_MAILBOX_DATA;
		size_t bytes = len - off < HC_MAILBOX_DATA ? len - off : HC_MAILBOX_DATA;

		if (data)
			memcpy(b, data + off, bytes);
		ifc_store64(b + BLOCK_NEXT,
			    i + 1 < n ? out->iova + (i + 1) * HC_MAILBOX_STRIDE : 0);
		ifc_store32(b + BLOCK_NUMBER, i);
		b[BLOCK_TOKEN] = token;
	}
	return 0;
}

static int post(struct hc *hc, unsigned int slot, const void *in, size_t ilen, size_t olen)
{
	uint8_t *e = entry(hc, slot);
	uint8_t token = (uint8_t)(++hc->last_token % 255 + 1);
	struct slot *s;
	int ret;

	if (slot >= HC_SLOTS || hc->slots[slot])
		return -EBUSY;
	if (ilen > HC_CMD_MAX || olen > HC_CMD_MAX)
		return -EMSGSIZE;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	ret = chain_alloc(hc, ilen, token, in, &s->in);
	if (ret)
		goto free_slot;
	ret = chain_alloc(hc, olen, token, NULL, &s->out);
	if (ret)
		goto free_in;
	s->ilen = ilen;
	s->olen = olen;
	memset(e, 0, HC_CMD_ENTRY);
	e[ENTRY_TYPE] = ENTRY_TYPE_PCI;
	ifc_store32(e + ENTRY_ILEN, (uint32_t)ilen);
	ifc_store64(e + ENTRY_IN_PTR, s->in.iova);
	memcpy(e + ENTRY_IN, in, ilen < ENTRY_INLINE ? ilen : ENTRY_INLINE);
	ifc_store64(e + ENTRY_OUT_PTR, s->out.iova);
	ifc_store32(e + ENTRY_OLEN, (uint32_t)olen);
	e[ENTRY_TOKEN] = token;
	__atomic_store_n(&e[ENTRY_STATUS_OWN], 1, __ATOMIC_RELEASE);
	hc->slots[slot] = s;
	return 0;

free_in:
	hc_free(hc, &s->in);
free_slot:
	free(s);
	return ret;
}

int hc_cmd_post(struct hc *hc, unsigned int slot, const void *in, size_t ilen, size_t olen)
{
	uint8_t *copy;
	int ret;

	if (!hc->edit)
		return post(hc, slot, in, ilen, olen);
	copy = malloc(ilen ? ilen : 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, in, ilen);
	hc->edit(copy, ilen);
	ret = post(hc, slot, copy, ilen, olen);
	free(copy);
	return ret;
}

void hc_cmd_ring(struct hc *hc, uint32_t slots)
{
	hc_write32(hc, ISEG_CMD_DBELL, slots);
}

bool hc_cmd_done(struct hc *hc, unsigned int slot)
{
	uint8_t *e = entry(hc, slot);

	return !(__atomic_load_n(&e[ENTRY_STATUS_OWN], __ATOMIC_ACQUIRE) & 1);
}

void hc_cmd_drop(struct hc *hc, unsigned int slot)
{
	struct slot *s = hc->slots[slot];

	if (!s)
		return;
	hc_free(hc, &s->in);
	hc_free(hc, &s->out);
	free(s);
	hc->slots[slot] = NULL;
}

int hc_cmd_collect(struct hc *hc, unsigned int slot, void *out, size_t olen)
{
	struct slot *s = hc->slots[slot];
	const uint8_t *e = entry(hc, slot);
	uint8_t head[ENTRY_INLINE];
	size_t off, bytes;
	uint32_t i;

	if (!s || !hc_cmd_done(hc, slot))
		return -EAGAIN;
	memcpy(head, e + ENTRY_OUT, sizeof(head));
	if (olen > s->olen)
		olen = s->olen;
	if (out) {
		memcpy(out, head, olen < sizeof(head) ? olen : sizeof(head));
		for (i = 0; i < blocks(olen); i++) {
			off = ENTRY_INLINE + (size_t)i * HC_MAILBOX_DATA;
			bytes = olen - off < HC_MAILBOX_DATA ? olen - off : HC_MAILBOX_DATA;
			memcpy((uint8_t *)out + off, s->out.ptr + i * HC_MAILBOX_STRIDE, bytes);
		}
	}
	hc_cmd_drop(hc, slot);
	hc->delivery = e[ENTRY_STATUS_OWN] >> 1;
	hc->status = (uint8_t)ifc_get(head, cmd_out__status);
	hc->syndrome = (uint32_t)ifc_get(head, cmd_out__syndrome);
	if (hc->delivery)
		return -EIO;
	return hc->status ? -EREMOTEIO : 0;
}

int hc_exec(struct hc *hc, const void *in, size_t ilen, void *out, size_t olen)
{
	unsigned int slot = ifc_get(in, cmd_in__opcode) == HC_MANAGE_PAGES ? HC_SLOT_PAGES : 0;
	int ret = hc_cmd_post(hc, slot, in, ilen, olen ? olen : ENTRY_INLINE);

	if (ret)
		return ret;
	hc_cmd_ring(hc, 1u << slot);
	if (!hc_until(hc, hc_cmd_done(hc, slot)))
		return -ETIMEDOUT;	/* the mailboxes stay: a late answer may still come */
	ret = hc_cmd_collect(hc, slot, out, olen);
	if (hc->after_command)
		hc->after_command(hc);
	return ret;
}

int hc_cmd_simple(struct hc *hc, uint16_t opcode, uint16_t op_mod, uint32_t number)
{
	uint8_t in[16] = { 0 };

	hc_head(in, opcode, op_mod);
	ifc_set(in, dealloc_pd_in__pd, number);
	return hc_exec(hc, in, sizeof(in), NULL, 16);
}

int hc_cmd_number(struct hc *hc, uint16_t opcode, uint32_t *number)
{
	uint8_t in[16] = { 0 }, out[16] = { 0 };
	int ret;

	hc_head(in, opcode, 0);
	ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
	if (!ret)
		*number = (uint32_t)ifc_get(out, alloc_pd_out__pd);
	return ret;
}
