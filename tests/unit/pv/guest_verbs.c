// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the objects below queue pairs as a guest's driver would make them. It
 * must never know what a test is after.
 */
#include "tests/unit/pv/guest_verbs.h"

#include <endian.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/wqe.h"

enum { FRESH = CQE_INVALID << 4 | CQE_OWNER, PORT_ACTIVE_STATE = 4, CI_MASK = 0xffffff };

uint32_t guest_make(struct guest_bed *bed, uint32_t opcode, const void *in, uint32_t len)
{
	struct up_number_out out;

	assert_int_equal(guest_bed_command(bed, opcode, in, len, &out, sizeof(out)), UP_OK);
	return le32toh(out.number);
}

enum up_result guest_end(struct guest_bed *bed, uint32_t opcode, uint32_t number)
{
	const struct up_number in = { .number = htole32(number) };

	return guest_bed_command(bed, opcode, &in, sizeof(in), NULL, 0);
}

static void end_ok(struct guest_verbs *v, uint32_t opcode, uint32_t number)
{
	assert_int_equal(guest_end(v->bed, opcode, number), UP_OK);
}

struct up_dbr guest_record(struct guest_verbs *v, uint32_t **dbr)
{
	struct up_dbr record = { htole32(v->dbrs), htole32(v->next_record) };

	assert_true(v->next_record + 8 <= v->records.size);
	*dbr = (uint32_t *)(v->records.ptr + v->next_record);
	memset(*dbr, 0, 8);
	v->next_record += 64;
	return record;
}

static void eq_open(struct guest_verbs *v)
{
	struct guest_eq *eq = &v->eq;
	struct up_create_eq in = {
		.log_size = htole32(GUEST_LOG_EQ), .vector = htole32(GUEST_VECTOR),
		.uar = htole32(v->uar),
	};
	struct eqe *eqe;
	unsigned int i;

	guest_window_open(v->bed, sizeof(struct eqe) << GUEST_LOG_EQ, false, &eq->ring);
	eqe = (struct eqe *)eq->ring.ptr;
	for (i = 0; i < 1u << GUEST_LOG_EQ; i++)
		eqe[i].owner = 1;
	guest_window_pages(v->bed, &eq->ring, 0, eq->ring.size, &in.ring);
	eq->eqn = guest_make(v->bed, UP_CREATE_EQ, &in, sizeof(in));
	eq->ci = 0;
	guest_bed_doorbell32(v->bed, v->page, UAR_EQ_ARM, eq->eqn << 24);
}

static void learn_port(struct guest_verbs *v)
{
	const struct up_query_port in = { .port = htole32(1) };
	const struct up_query_table gids = { .port = htole32(1), .count = htole32(1) };
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS;
	struct up_query_gids_out gids_out;
	struct up_query_port_out out;

	do {
		assert_int_equal(guest_bed_command(v->bed, UP_QUERY_PORT, &in, sizeof(in), &out,
						   sizeof(out)), UP_OK);
		assert_true(hca_now_ms() < end);
	} while (out.state != PORT_ACTIVE_STATE || !out.lid);
	v->lid = le16toh(out.lid);
	assert_int_equal(guest_bed_command(v->bed, UP_QUERY_GIDS, &gids, sizeof(gids), &gids_out,
					   sizeof(gids_out)), UP_OK);
	memcpy(v->gid, gids_out.gids[0], sizeof(v->gid));
}

void guest_verbs_open(struct guest_bed *bed, struct guest_verbs *v)
{
	struct up_alloc_uar_out uar;
	struct up_pin_pages pin;

	memset(v, 0, sizeof(*v));
	v->bed = bed;
	learn_port(v);
	assert_int_equal(guest_bed_command(bed, UP_ALLOC_UAR, NULL, 0, &uar, sizeof(uar)), UP_OK);
	v->uar = le32toh(uar.uar);
	v->page = le32toh(uar.page);
	v->pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	guest_window_open(bed, 4 * UP_PAGE, true, &v->records);
	guest_window_pages(bed, &v->records, 0, v->records.size, &pin.pages);
	v->dbrs = guest_make(bed, UP_PIN_PAGES, &pin, sizeof(pin));
	eq_open(v);
	guest_cq_open(v, GUEST_LOG_CQ, 64, &v->scq);
	guest_cq_open(v, GUEST_LOG_CQ, 64, &v->rcq);
}

void guest_verbs_forget(struct guest_verbs *v)
{
	guest_window_close(&v->scq.ring);
	guest_window_close(&v->rcq.ring);
	guest_window_close(&v->eq.ring);
	guest_window_close(&v->records);
}

void guest_verbs_close(struct guest_verbs *v)
{
	guest_cq_close(v, &v->rcq);
	guest_cq_close(v, &v->scq);
	end_ok(v, UP_DESTROY_EQ, v->eq.eqn);
	end_ok(v, UP_UNPIN_PAGES, v->dbrs);
	end_ok(v, UP_FREE_PD, v->pd);
	end_ok(v, UP_FREE_UAR, v->uar);
	guest_verbs_forget(v);
}

struct up_create_cq guest_cq_command(struct guest_verbs *v, struct guest_cq *cq)
{
	struct up_create_cq in = {
		.log_size = htole32(cq->log), .cqe_bytes = htole32(cq->cqe_bytes),
		.uar = htole32(v->uar), .eqn = htole32(v->eq.eqn),
		.dbr = guest_record(v, &cq->dbr),
	};
	uint64_t bytes = (uint64_t)cq->cqe_bytes << cq->log, at;

	guest_window_open(v->bed, bytes, true, &cq->ring);
	for (at = cq->cqe_bytes; at <= bytes; at += cq->cqe_bytes)
		cq->ring.ptr[at - 1] = FRESH;
	guest_window_pages(v->bed, &cq->ring, 0, bytes, &in.ring);
	return in;
}

void guest_cq_open(struct guest_verbs *v, uint8_t log, uint32_t cqe_bytes, struct guest_cq *cq)
{
	struct up_create_cq in;

	*cq = (struct guest_cq){ .log = log, .cqe_bytes = cqe_bytes };
	in = guest_cq_command(v, cq);
	cq->cqn = guest_make(v->bed, UP_CREATE_CQ, &in, sizeof(in));
}

void guest_cq_close(struct guest_verbs *v, struct guest_cq *cq)
{
	end_ok(v, UP_DESTROY_CQ, cq->cqn);
	guest_window_close(&cq->ring);
}

bool guest_cq_poll(struct guest_cq *cq, struct guest_completion *c)
{
	const uint8_t *entry = cq->ring.ptr +
			       (uint64_t)(cq->ci & ((1u << cq->log) - 1)) * cq->cqe_bytes;
	const struct cqe64 *cqe = (const void *)(entry + cq->cqe_bytes - sizeof(*cqe));
	uint8_t own = __atomic_load_n(&cqe->op_own, __ATOMIC_ACQUIRE);

	if (own >> 4 == CQE_INVALID || (own & CQE_OWNER) != (cq->ci >> cq->log & 1))
		return false;
	*c = (struct guest_completion){
		.opcode = own >> 4, .qpn = be32toh(cqe->sop_drop_qpn) & 0xffffff,
		.index = be16toh(cqe->wqe_counter), .bytes = be32toh(cqe->byte_cnt),
		.user_index = be32toh(cqe->srqn_uidx) & 0xffffff,
	};
	if (c->opcode == CQE_REQ_ERR || c->opcode == CQE_RESP_ERR)
		c->syndrome = ((const struct err_cqe *)cqe)->syndrome;
	cq->ci++;
	__atomic_store_n(&cq->dbr[0], htobe32(cq->ci & CI_MASK), __ATOMIC_RELEASE);
	return true;
}

void guest_cq_arm(struct guest_verbs *v, struct guest_cq *cq)
{
	uint32_t word = (uint32_t)(cq->sn & 3) << DBR_CQ_SN_SHIFT | (cq->ci & CI_MASK);

	__atomic_store_n(&cq->dbr[1], htobe32(word), __ATOMIC_RELEASE);
	guest_bed_doorbell(v->bed, v->page, UAR_CQ_ARM, word, cq->cqn);
}

/* All events there are; each must be a completion. */
static bool take_events(struct guest_verbs *v, struct guest_cq *cq)
{
	bool ours = false;

	for (;;) {
		struct eqe *eqe = (struct eqe *)v->eq.ring.ptr +
				  (v->eq.ci & ((1u << GUEST_LOG_EQ) - 1));
		uint8_t owner = __atomic_load_n(&eqe->owner, __ATOMIC_ACQUIRE);
		uint32_t cqn;

		if ((owner & 1) != (v->eq.ci >> GUEST_LOG_EQ & 1))
			break;
		assert_int_equal(eqe->type, EVENT_COMP);
		memcpy(&cqn, (const uint8_t *)eqe + 0x38, sizeof(cqn));
		ours |= (be32toh(cqn) & 0xffffff) == cq->cqn;
		v->eq.ci++;
	}
	guest_bed_doorbell32(v->bed, v->page, UAR_EQ_ARM, v->eq.eqn << 24 | (v->eq.ci & CI_MASK));
	return ours;
}

static void wait_event(struct guest_verbs *v, struct guest_cq *cq)
{
	struct pollfd pfd = { .fd = v->bed->irq[GUEST_VECTOR], .events = POLLIN };
	uint64_t count;

	do {
		assert_int_equal(poll(&pfd, 1, GUEST_WAIT_MS), 1);
		assert_int_equal(read(pfd.fd, &count, sizeof(count)), sizeof(count));
	} while (!take_events(v, cq));
	cq->sn++;
}

void guest_cq_wait(struct guest_verbs *v, struct guest_cq *cq, struct guest_completion *c)
{
	while (!guest_cq_poll(cq, c)) {
		guest_cq_arm(v, cq);
		wait_event(v, cq);
	}
}

void guest_mr_open(struct guest_verbs *v, uint64_t bytes, bool scattered, uint32_t access,
		   struct guest_mr *mr)
{
	struct up_reg_mr in = { .pd = htole32(v->pd), .access = htole32(access) };
	struct up_reg_mr_out out;

	guest_window_open(v->bed, bytes, scattered, &mr->memory);
	in.va = htole64((uintptr_t)mr->memory.ptr);
	guest_window_pages(v->bed, &mr->memory, 0, bytes, &in.pages);
	assert_int_equal(guest_bed_command(v->bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_OK);
	assert_int_equal(out.lkey, out.rkey);
	mr->key = le32toh(out.lkey);
}

enum up_result guest_mr_change(struct guest_verbs *v, const struct guest_mr *mr, uint32_t pd,
			       uint32_t access)
{
	const struct up_rereg_mr in = {
		.lkey = htole32(mr->key), .pd = htole32(pd), .access = htole32(access),
	};

	return guest_bed_command(v->bed, UP_REREG_MR, &in, sizeof(in), NULL, 0);
}

void guest_mr_close(struct guest_verbs *v, struct guest_mr *mr)
{
	end_ok(v, UP_DEREG_MR, mr->key);
	guest_window_close(&mr->memory);
}
