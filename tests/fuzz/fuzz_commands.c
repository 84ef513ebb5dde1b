// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the libFuzzer target for the command queue: any opcode with any mailbox
 * bytes and lengths, over a memory map with holes. It must never know what a
 * command means; the model is embedded, so nothing waits.
 *
 * Input: commands, each 8 bytes (row, flags, op_mod, input length, output
 * length, fill length) and that many bytes of fill. Raw commands: the fill is
 * laid over the mailbox from byte 8 on; rows below 240 choose a known opcode,
 * others are the opcode's high bits. Built commands (F_BUILD) are good ones as
 * a driver makes them, over objects that exist; the fill is a list of changes,
 * three bytes each: offset, and what is XORed there. Inputs of odd length meet
 * a strict HCA.
 */
#include <stdint.h>
#include <string.h>

#include "host-backend/hca/ifc/commands.h"
#include "tests/fuzz/bed.h"
#include "tests/hca-client/qp.h"
#include "tests/hca-model/cmd/cmd.h"

enum {
	MAX_COMMANDS = 24, HEAD = BED_HEAD, MAX_MAILBOX = 0x1400, TURNS = 6,
	RAW_ROWS = 240,
	F_NEXT_SLOT = 1,	/* several commands under one doorbell */
	F_SMASH_ENTRY = 2,	/* the fill goes over the queue entry instead */
	F_SMASH_BLOCK = 4,	/* ... or over the first mailbox block */
	F_RESET = 8,		/* with an odd fill length: FLR first */
	F_NUMBERS = 16,		/* first words name objects that exist, where they can */
	F_BUILD = 32,
	N_KEPT = 8,		/* objects of a kind that later commands may use */
};

static struct hc_mem scratch;	/* what page lists may name */
static const uint8_t *change;
static size_t n_change;
static uint32_t pd, xrcd;
static struct hc_cq cqs[N_KEPT];
static struct hc_srq srqs[N_KEPT];
static struct hc_qp qps[N_KEPT];
static uint32_t keys[N_KEPT];
static uint16_t opcodes[256];
static unsigned int n_opcodes;

static void settle(void)
{
	int i;

	for (i = 0; i < TURNS; i++)
		model_run_once(model, false);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint32_t op;

	(void)argc;
	(void)argv;
	bed_open(16 << 20, true);
	/* a map with holes, and a part that the HCA may only read */
	must(hc_map(hc, hc->arena, 12 << 20, hc->iova, VFU_DMA_READ | VFU_DMA_WRITE) == 0);
	must(hc_map(hc, hc->arena + (13 << 20), 1 << 20, hc->iova + (13 << 20),
		    VFU_DMA_READ) == 0);
	for (op = 0; op < 0x10000; op++)
		if (cmd_lookup((uint16_t)op) && n_opcodes < 256)
			opcodes[n_opcodes++] = (uint16_t)op;
	must(n_opcodes > 40);
	return 0;
}

/* After it only what needs no ENABLE_HCA is answered well, but all is answered. */
static void reset(void)
{
	uint16_t master = 0x6;

	hca_reset(hca);
	must(hc_config_access(hc, 4, &master, sizeof(master), true) == 0);
	must(hc_cmdq_start(hc) == 0);
}

/* Object numbers that exist now, so that inputs get past the first lookup. */
static void name_objects(uint8_t *in, const uint8_t *head)
{
	const struct objtab *tabs[] = { &hca->obj.pd, &hca->obj.cq, &hca->obj.qp, &hca->obj.srq,
					&hca->obj.mkey, &hca->obj.eq, &hca->obj.uar,
					&hca->obj.xrcd };
	const struct objtab *t = tabs[head[0] % 8];
	uint32_t n;

	for (n = t->first; n < t->first + t->room; n++)
		if (objtab_get(t, n)) {
			ifc_set(in, dealloc_pd_in__pd, n);
			return;
		}
}

static size_t one(unsigned int slot, const uint8_t *head, const uint8_t *fill, size_t left)
{
	uint8_t in[MAX_MAILBOX] = { 0 };
	size_t ilen = (size_t)head[3] << 4 | (head[4] & 15);
	size_t olen = (size_t)head[5] << 4 | head[4] >> 4;
	size_t n = (size_t)head[6] * 4 + head[7] % 4;
	uint8_t *e;

	n = n < left ? n : left;
	hc_head(in, head[0] < RAW_ROWS ? opcodes[head[0] % n_opcodes] :
		(uint16_t)(head[0] << 8 | head[7]), head[2]);
	if (!(head[1] & (F_SMASH_ENTRY | F_SMASH_BLOCK)))
		memcpy(in + HEAD, fill, n < sizeof(in) - HEAD ? n : sizeof(in) - HEAD);
	if (head[1] & F_NUMBERS)
		name_objects(in, head + 2);
	if (hc_cmd_post(hc, slot, in, ilen, olen))
		return n;
	e = hc->cmdq.ptr + slot * HC_CMD_ENTRY;
	if (head[1] & F_SMASH_ENTRY) {
		memcpy(e + 4, fill, n < 59 ? n : 59);
	} else if (head[1] & F_SMASH_BLOCK && ilen > 16) {
		uint64_t at = ifc_load64(e + 8) - hc->iova;

		memcpy(hc->arena + at + 512, fill, n < 64 ? n : 64);
	}
	return n;
}

static void edit(uint8_t *in, size_t len)
{
	for (; n_change >= 3; change += 3, n_change -= 3) {
		size_t off = (size_t)change[0] | (size_t)change[1] << 8;

		if (len)
			in[off < len ? off : off % len] ^= change[2];
	}
}

static void build_key(const uint8_t *head)
{
	uint64_t pages[4];
	struct hc_klm klms[2] = { { 4096, keys[0], 0 }, { 100, keys[1], 4096 } };
	struct hc_mkey m = {
		.pd = pd, .rights = head[3], .mode = head[4] & 3, .start = head[5] * 256u,
		.len = 4 * 4096 - 255 * 256, .log_page = 12, .pages = pages, .klms = klms,
		.n = (head[4] & 3) == HC_MODE_MTT ? 4 : (head[4] & 3) ? 2 : 0,
		.free = head[4] & 4, .umr_en = head[4] & 8, .length64 = head[4] & 16,
		.variant = head[6],
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		pages[i] = scratch.iova + i * 4096;
	hc_mkey_create(hc, &m, &keys[head[2] % N_KEPT]);
}

static void build_qp(const uint8_t *head)
{
	static const uint8_t types[] = { HC_RC, HC_UC, HC_UD, HC_XRC, HC_QP0, HC_QP1, HC_UMR_QP };
	struct hc_qp_init init = {
		.type = types[head[3] % 7], .pd = pd, .xrcd = xrcd, .log_sq = head[4] & 7,
		.log_rq = head[5] & 7, .log_rq_stride = 4 + (head[5] >> 6), .no_sq = head[4] & 8,
		.scq = &cqs[head[6] & 1], .rcq = &cqs[head[6] >> 4 & 1],
		.srq = head[4] & 16 ? &srqs[0] : NULL, .fre = head[4] & 32,
		.user_index = HC_NO_INDEX,
	};

	hc_qp_create(hc, &init, &qps[head[2] % N_KEPT]);
}

static void modify_qp(const uint8_t *head)
{
	static const uint16_t op[] = {
		HC_RST2INIT_QP, HC_INIT2RTR_QP, HC_RTR2RTS_QP, HC_RTS2RTS_QP, HC_SQERR2RTS_QP,
		HC_2ERR_QP, HC_2RST_QP, HC_SQD2RTS_QP, HC_INIT2INIT_QP,
	};
	struct hc_qp *qp = &qps[head[2] % N_KEPT];
	struct hc_path path = hc_path_default;

	path.dlid = head[4];
	path.remote_qpn = qps[head[5] % N_KEPT].qpn;
	if (head[3] % 16 > 8)
		hc_qp_to_rts(hc, qp, &path);
	else
		hc_qp_modify(hc, qp, op[head[3] % 9], head[6], &path);
}

static void build_eq(const uint8_t *head)
{
	struct hc_eq eq;

	hc_eq_create(hc, head[2] % 64, head[3] % 8, (uint64_t)head[4] << head[5] % 64, &eq);
}

/* A MAD with a good header: an SMP (LID or directed route) or a PMA request. */
static void build_mad(const uint8_t *head)
{
	static const uint8_t classes[] = { 0x01, 0x81, 0x04, 0x03, 0x09 };
	static const uint8_t methods[] = { 1, 2, 5, 7, 0x81 };
	uint8_t in[mad_ifc_in__SIZE] = { 0 }, out[mad_ifc_out__SIZE];
	uint8_t *mad = in + mad_ifc_in__mad__BYTE;

	hc_head(in, HC_MAD_IFC, 3);
	ifc_set(in, mad_ifc_in__port, 1);
	mad[0] = 1;
	mad[1] = classes[head[2] % 5];
	mad[2] = 1;
	mad[3] = methods[head[3] % 5];
	mad[17] = head[4] % 64;
	mad[23] = head[5];
	hc_exec(hc, in, sizeof(in), out, sizeof(out));
}

static void build_register(const uint8_t *head)
{
	static const uint16_t ids[] = { 0x5003, 0x5004, 0x5006, 0x500f, 0x6001, 0x7004 };
	uint8_t in[access_register_in__SIZE + 64] = { 0 }, out[sizeof(in)];

	hc_head(in, HC_ACCESS_REG, head[3] & 1);
	ifc_set(in, access_register_in__register_id, ids[head[2] % 6]);
	in[access_register_in__SIZE + 1] = 1;		/* local port */
	hc_exec(hc, in, sizeof(in), out, sizeof(out));
}

/* One good command, spoiled by the list of changes. */
static void build(const uint8_t *head)
{
	static const uint8_t gid[16] = { 0xff, 0x12 };
	unsigned int k = head[2] % N_KEPT;
	uint8_t c[qpc__SIZE];

	switch (head[0] % 15) {
	case 0: hc_cq_create(hc, head[3] & 7, head[4] & 1 ? 128 : 64, hc->fw->comp.eqn, &cqs[k]); break;
	case 1: if (cqs[k].buf.ptr) hc_cq_resize(hc, &cqs[k], head[3] & 7); break;
	case 2: hc_cq_moderate(hc, &cqs[k], head[3], head[4]); break;
	case 3: hc_srq_create(hc, head[3] % 3, pd, head[4] & 7, 5 + head[5] % 3, xrcd,
			      cqs[head[6] & 1].cqn, head[6], &srqs[k]); break;
	case 4: hc_srq_arm(hc, &srqs[k], head[3]); break;
	case 5: build_key(head); break;
	case 6: build_qp(head); break;
	case 7: modify_qp(head); break;
	case 8: hc_mcg(hc, head[3] & 1 ? HC_ATTACH_TO_MCG : HC_DETACH_FROM_MCG, qps[k].qpn, gid); break;
	case 9: build_eq(head); break;
	case 10: hc_qp_query(hc, &qps[k], c); break;
	case 11: hc_qp_destroy(hc, &qps[k]); break;
	case 12: hc_mkey_destroy(hc, keys[k]); break;
	case 13: build_mad(head); break;
	case 14: build_register(head); break;
	}
}

static size_t built(const uint8_t *head, const uint8_t *fill, size_t left)
{
	size_t n = (size_t)(head[7] & 15) * 3;

	n = n < left ? n : left;
	change = fill;
	n_change = n;
	hc->edit = edit;
	build(head);
	hc->edit = NULL;
	return n;
}

static void begin(void)
{
	unsigned int i;

	bed_bringup();
	must(hc_cmd_number(hc, HC_ALLOC_PD, &pd) == 0);
	must(hc_cmd_number(hc, HC_ALLOC_XRCD, &xrcd) == 0);
	must(hc_alloc(hc, 1 << 16, 4096, &scratch) == 0);
	memset(cqs, 0, sizeof(cqs));
	memset(srqs, 0, sizeof(srqs));
	memset(qps, 0, sizeof(qps));
	memset(keys, 0, sizeof(keys));
	for (i = 0; i < 2; i++)
		must(hc_cq_create(hc, 4, 64, hc->fw->comp.eqn, &cqs[i]) == 0);
	must(hc_srq_create(hc, HC_SRQ_RMP, pd, 4, 6, 0, 0, 0, &srqs[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t slots = 0, k;
	unsigned int slot = 0, i;

	hca->strict = size & 1;
	begin();
	for (k = 0; k < MAX_COMMANDS && size >= HEAD; k++) {
		const uint8_t *head = data;
		size_t used;

		if (head[1] & F_RESET && head[7] & 1)
			reset();
		if (head[1] & F_BUILD && !slots) {
			used = HEAD + built(head, data + HEAD, size - HEAD);
			data += used;
			size -= used;
			continue;
		}
		used = HEAD + one(slot, head, data + HEAD, size - HEAD);
		data += used;
		size -= used;
		slots |= 1u << slot;
		if (head[1] & F_NEXT_SLOT && slot < 30) {
			slot++;
			continue;
		}
		hc_cmd_ring(hc, slots);
		settle();
		for (i = 0; i <= slot; i++)
			hc_cmd_drop(hc, i);
		slots = 0;
		slot = 0;
	}
	hc_cmd_ring(hc, slots);
	settle();
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	return bed_mutate(data, size, max, seed);
}
