// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the libFuzzer target for the commands of a guest: any command, any field,
 * any state of objects, firmware that fails at any point. Must never wait: the
 * HCA is one of paper (pv_hca.h), and commands run in this thread.
 *
 * Input: steps of 4 bytes and what they take: the command's number; flags; its
 * length's change; how many bytes follow, which are XORed into a good command
 * of this number. F_WRITE: instead, those bytes go to guest memory.
 */
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host-backend/pv/private.h"
#include "host-backend/pv/reset.h"
#include "tests/fuzz/pv_bus.h"
#include "tests/fuzz/pv_hca.h"

#define F_FAULT		0x03	/* enum pv_hca_fault of the firmware command */
#define F_WRITE		0x04
#define F_LENGTH	0x08	/* the length is wrong by the third byte */
#define F_CHAIN		0x10	/* pages in a chain, not in the command */
#define F_REVOKE	0x20	/* memory goes and comes before it */
#define F_SHIFT		0x40	/* the XOR begins where the third byte says */

enum {
	RAM_PAGES = 1024, LIST_PAGE = 1000, HEAD = 4, MAX_STEPS = 64,
	KEY = 0x100,			/* of the first region */
};

#define RAM_AT		0x100000ull
#define RAM_BYTES	((uint64_t)RAM_PAGES * UP_PAGE)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pv *pv;
static uint8_t *ram;
static int ram_fd;

static void must(bool good)
{
	if (!good)
		abort();
}

static const struct hv_memory memory = {
	.gpa = RAM_AT, .size = RAM_BYTES, .writable = true,
};

static void add_memory(void)
{
	struct hv_memory m = memory;

	m.fd = ram_fd;
	must(!pv_device(pv)->ops->memory_added(pv, &m));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct pv_config config = {
		.n_workers = 1, .command_ms = 1, .limits = { .uars = 4, .pds = 20, .runs = 600, .bytes = 64 << 20 },
	};
	struct hca_open_error error;

	(void)argc;
	(void)argv;
	ram_fd = memfd_create("guest", MFD_CLOEXEC);
	must(ram_fd >= 0 && !ftruncate(ram_fd, (off_t)RAM_BYTES));
	ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
	must(ram != MAP_FAILED);
	must(!pv_create(pv_hca_open(), &config, &pv, &error));
	pv_workers_stop(pv);	/* what they would do is done here */
	pv_hca_begin(ram_fd);
	add_memory();
	return 0;
}

/* @bytes from page @page on; in a chain the pages come one by one. */
static void put_pages(struct up_pages *pages, uint32_t page, uint64_t bytes, bool chain)
{
	uint64_t size = (bytes + UP_PAGE - 1) / UP_PAGE * UP_PAGE, i;
	struct up_list *list = (struct up_list *)(ram + LIST_PAGE * UP_PAGE);

	*pages = (struct up_pages){ .n_runs = htole32(1), .bytes = htole64(bytes) };
	if (!chain) {
		pages->runs[0] = (struct up_run){ htole64(RAM_AT + page * UP_PAGE), htole64(size) };
		return;
	}
	pages->n_runs = htole32((uint32_t)(size / UP_PAGE));
	pages->list = htole64(RAM_AT + LIST_PAGE * UP_PAGE);
	memset(list, 0, 2 * sizeof(*list));
	for (i = 0; i < size / UP_PAGE && i < UP_LIST_RUNS; i++)
		list->runs[i] = (struct up_run){
			htole64(RAM_AT + (page + 2 * i) * UP_PAGE), htole64(UP_PAGE) };
}

/* A good command where the objects with the lowest numbers are there. */
static uint32_t template(uint32_t opcode, uint8_t *in, bool chain)
{
	union {
		struct up_reg_mr mr;
		struct up_rereg_mr rereg;
		struct up_pin_pages pin;
		struct up_create_eq eq;
		struct up_create_cq cq;
		struct up_resize_cq resize;
		struct up_moderate_cq moderate;
		struct up_create_srq srq;
		struct up_arm_srq arm;
		struct up_create_qp qp;
		struct up_modify_qp modify;
		struct up_mcast mcast;
		struct up_query_table table;
		struct up_number number;
	} *c = (void *)in;
	const struct up_dbr dbr = { htole32(1), htole32(8) };

	switch (opcode) {
	case UP_QUERY_DEVICE: case UP_QUERY_CLOCK: case UP_ALLOC_UAR: case UP_ALLOC_PD:
	case UP_ALLOC_XRCD:
		return 0;
	case UP_QUERY_PORT:
		c->number.number = htole32(1);
		return sizeof(c->number);
	case UP_QUERY_GIDS: case UP_QUERY_PKEYS:
		c->table.port = htole32(1);
		c->table.count = htole32(4);
		return sizeof(c->table);
	case UP_PIN_PAGES:
		put_pages(&c->pin.pages, 1, 2 * UP_PAGE, chain);
		return sizeof(c->pin);
	case UP_REG_MR:
		c->mr.pd = htole32(2);
		c->mr.access = htole32(15);
		c->mr.va = htole64(0x7f0000000000);
		put_pages(&c->mr.pages, 100, 20 * UP_PAGE - 7, chain);
		return sizeof(c->mr);
	case UP_REREG_MR:
		c->rereg.lkey = htole32(KEY);
		c->rereg.pd = htole32(2);
		c->rereg.access = htole32(UP_ACCESS_LOCAL_WRITE);
		return sizeof(c->rereg);
	case UP_CREATE_EQ:
		c->eq.log_size = htole32(8);
		c->eq.vector = htole32(1);
		c->eq.uar = htole32(5);
		put_pages(&c->eq.ring, 10, 64 << 8, chain);
		return sizeof(c->eq);
	case UP_CREATE_CQ:
		c->cq.log_size = htole32(7);
		c->cq.cqe_bytes = htole32(64);
		c->cq.uar = htole32(5);
		c->cq.eqn = htole32(4);
		c->cq.dbr = dbr;
		put_pages(&c->cq.ring, 40, 64 << 7, chain);
		return sizeof(c->cq);
	case UP_RESIZE_CQ:
		c->resize.cqn = htole32(2);
		c->resize.log_size = htole32(8);
		put_pages(&c->resize.ring, 60, 64 << 8, chain);
		return sizeof(c->resize);
	case UP_MODERATE_CQ:
		c->moderate.cqn = htole32(2);
		return sizeof(c->moderate);
	case UP_CREATE_SRQ:
		c->srq.pd = htole32(2);
		c->srq.log_size = htole32(7);
		c->srq.log_stride = htole32(5);
		c->srq.dbr = dbr;
		put_pages(&c->srq.ring, 80, 32 << 7, chain);
		return sizeof(c->srq);
	case UP_ARM_SRQ:
		c->arm.srqn = htole32(2);
		return sizeof(c->arm);
	case UP_CREATE_QP:
		c->qp.pd = htole32(2);
		c->qp.scq = c->qp.rcq = htole32(2);
		c->qp.uar = htole32(5);
		c->qp.log_sq = 7;
		c->qp.log_rq = 7;
		c->qp.log_rq_stride = 6;
		c->qp.dbr = dbr;
		put_pages(&c->qp.ring, 200, (64 << 7) + (64 << 7), chain);
		return sizeof(c->qp);
	case UP_MODIFY_QP:
		c->modify.qpn = htole32(1);
		c->modify.to = UP_QPS_INIT;
		c->modify.mask = htole32(UP_QP_ACCESS | UP_QP_PKEY | UP_QP_PATH);
		c->modify.attr.path.port = 1;
		c->modify.attr.path_mtu = 3;
		return sizeof(c->modify);
	case UP_ATTACH_MCAST: case UP_DETACH_MCAST:
		c->mcast.qpn = htole32(1);
		c->mcast.gid[0] = 0xff;
		return sizeof(c->mcast);
	default:
		c->number.number = htole32(opcode == UP_FREE_UAR ? 5 : opcode == UP_DEREG_MR ? KEY : 2);
		return sizeof(c->number);
	}
}

static void run(uint32_t opcode, const uint8_t *head, const uint8_t *data, size_t n)
{
	struct pv_command cmd = { .life = pv_memory_life(pv), .opcode = opcode };
	size_t i, at = head[1] & F_SHIFT ? head[2] : 0;

	cmd.length = template(opcode, cmd.in, head[1] & F_CHAIN);
	for (i = 0; i < n && at + i < sizeof(cmd.in); i++)
		cmd.in[at + i] ^= data[i];
	if (head[1] & F_LENGTH)
		cmd.length += head[2];
	pv_hca_fail_next(head[1] & F_FAULT);
	pv_command_run(pv, &cmd);
	must(cmd.result <= UP_HCA_FAILED && cmd.out_length <= UP_SLOT_DATA);
	must(!cmd.result || !cmd.out_length);
	pv_hca_fail_next(PV_HCA_GOOD);
}

/* Offset by the first two bytes. */
static void write_memory(const uint8_t *data, size_t n)
{
	uint64_t at;

	if (n < 2)
		return;
	at = (uint64_t)LIST_PAGE * UP_PAGE + (data[0] | data[1] << 8) % (2 * UP_PAGE);
	n = n - 2 < RAM_BYTES - at ? n - 2 : RAM_BYTES - at;
	memcpy(ram + at, data + 2, n);
}

static void swap_memory(void)
{
	pv_device(pv)->ops->memory_removed(pv, RAM_AT, RAM_BYTES);
	pv_reset_revoked(pv);
	add_memory();
}

/* What a guest begins with: the objects with the lowest numbers. */
static void prelude(void)
{
	static const uint32_t opcodes[] = {
		UP_ALLOC_UAR, UP_ALLOC_PD, UP_ALLOC_XRCD, UP_PIN_PAGES, UP_REG_MR, UP_CREATE_EQ,
		UP_CREATE_CQ, UP_CREATE_SRQ, UP_CREATE_QP,
	};
	static const uint8_t plain[HEAD];
	size_t i;

	for (i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		run(opcodes[i], plain, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int steps;
	size_t n;

	prelude();
	for (steps = 0; size >= HEAD && steps < MAX_STEPS; steps++) {
		const uint8_t *head = data;

		n = head[3] < size - HEAD ? head[3] : size - HEAD;
		if (head[1] & F_REVOKE)
			swap_memory();
		if (head[1] & F_WRITE)
			write_memory(data + HEAD, n);
		else
			run(head[0] % 0x70, head, data + HEAD, n);
		data += HEAD + n;
		size -= HEAD + n;
	}
	/* The guest's end: nothing of it is left. */
	pv_memory_revoke(pv);
	must(!pv_bus_guest_ranges());
	atomic_store(&pv->adapter.doubt, false);
	pv_hca_reset_numbers();
	pv_reset_run(pv);
	must(!pv->table.n && !pv->memory.owner.registrations && !pv->memory.owner.bytes);
	must(!pv->table.mcasts && TAILQ_EMPTY(&pv->memory.revoked));
	atomic_store(&pv->adapter.next_pages, 1);
	atomic_store(&pv->adapter.next_variant, 0);
	return 0;
}
