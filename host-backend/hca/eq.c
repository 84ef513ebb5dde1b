// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands, the entries and the doorbells of event queues. Must never
 * know what an event means.
 */
#include "host-backend/hca/eq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/uar.h"

enum {
	EQE_OWNER = 1,
	LOG_EQE = 6, LOG_PAGE_MIN = 12, LOG_PAGE_MAX = 21,
	TELL_EVERY = 64,	/* entries: a queue of which nothing seems consumed overflows */
	CI_MASK = 0xffffff,
};

static bool attr_sane(const struct hca_eq_attr *a)
{
	uint64_t bytes;

	if (a->log_size < HCA_EQ_MIN_LOG || a->log_size > HCA_EQ_MAX_LOG ||
	    a->log_page < LOG_PAGE_MIN || a->log_page >= LOG_PAGE_MIN + 32 ||
	    a->page_offset >= 64 || !a->n_pas || a->n_pas > HCA_EQ_MAX_PAS || a->vector >= 1 << 12)
		return false;
	bytes = (1ull << a->log_size << LOG_EQE) +
		((uint64_t)a->page_offset << a->log_page) / 64;
	return (uint64_t)a->n_pas << a->log_page >= bytes;
}

int hca_eq_create_at(struct hca *hca, const struct hca_eq_attr *attr, uint32_t *eqn)
{
	uint8_t out[create_eq_out__SIZE] = { 0 };
	uint8_t *in, *eqc;
	size_t len, i;
	int err;

	if (!attr_sane(attr))
		return -EINVAL;
	in = hca_object_input(create_eq_in__SIZE, attr->n_pas, sizeof(uint64_t), &len);
	if (!in)
		return -ENOMEM;
	hca_object_head(in, HCA_OP_CREATE_EQ, 0);
	eqc = in + create_eq_in__eq_context_entry__BYTE;
	ifc_set(eqc, eqc__log_eq_size, attr->log_size);
	ifc_set(eqc, eqc__uar_page, attr->uar);
	ifc_set(eqc, eqc__intr, attr->vector);
	ifc_set(eqc, eqc__log_page_size, attr->log_page - LOG_PAGE_MIN);
	ifc_set(eqc, eqc__page_offset, attr->page_offset);
	ifc_store64(in + create_eq_in__event_bitmask__BYTE, attr->mask);
	for (i = 0; i < attr->n_pas; i++)
		ifc_store64(in + create_eq_in__pas__BYTE + i * sizeof(uint64_t), attr->pas[i]);
	err = hca_cmd(hca, in, len, out, sizeof(out));
	/* The number's dword has nothing else in it. */
	if (!err && ifc_load32(out + 8) >> 8)
		err = hca_cmd_nonsense(hca, in);
	if (!err)
		*eqn = (uint32_t)ifc_get(out, create_eq_out__eq_number);
	free(in);
	return err;
}

int hca_eq_destroy_at(struct hca *hca, uint32_t eqn)
{
	uint8_t in[destroy_eq_in__SIZE] = { 0 }, out[object_status__SIZE];

	hca_object_head(in, HCA_OP_DESTROY_EQ, 0);
	ifc_set(in, destroy_eq_in__eq_number, eqn);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

/* As few pages as hca_dma can align. */
static int create_in_own_memory(struct hca_eq *eq, uint64_t mask)
{
	size_t bytes = (size_t)1 << eq->log_size << LOG_EQE, i;
	uint64_t pas[HCA_EQ_MAX_PAS];
	struct hca_eq_attr attr = {
		.vector = eq->vector, .log_size = eq->log_size, .uar = eq->uar, .mask = mask,
		.log_page = eq->log_size + LOG_EQE < LOG_PAGE_MAX ? eq->log_size + LOG_EQE :
								    LOG_PAGE_MAX,
		.pas = pas,
	};
	int err;

	err = hca_dma_alloc(hca_dma(eq->hca), bytes, (size_t)1 << attr.log_page, &eq->buf);
	if (err)
		return err;
	for (i = 0; i < (size_t)1 << eq->log_size; i++)
		((struct eqe *)eq->buf.ptr)[i].owner = EQE_OWNER;
	attr.n_pas = bytes >> attr.log_page;
	for (i = 0; i < attr.n_pas; i++)
		pas[i] = eq->buf.iova + ((uint64_t)i << attr.log_page);
	err = hca_eq_create_at(eq->hca, &attr, &eq->eqn);
	if (hca_cmd_unsure(err))
		hca_dma_abandon(hca_dma(eq->hca), &eq->buf);
	else if (err)
		hca_dma_free(hca_dma(eq->hca), &eq->buf);
	return err;
}

int hca_eq_create(struct hca *hca, unsigned int vector, uint8_t log_size, uint64_t mask,
		  struct hca_eq **out)
{
	struct hca_eq *eq;
	int err;

	if (log_size < HCA_EQ_MIN_LOG || log_size > HCA_EQ_MAX_LOG)
		return -EINVAL;
	eq = calloc(1, sizeof(*eq));
	if (!eq)
		return -ENOMEM;
	eq->hca = hca;
	eq->vector = vector;
	eq->log_size = log_size;
	eq->uar = hca_own_uar(hca);
	err = create_in_own_memory(eq, mask);
	if (err) {
		free(eq);
		return err;
	}
	hca_eq_arm(eq);
	*out = eq;
	return 0;
}

int hca_eq_destroy(struct hca_eq *eq)
{
	int err;

	if (!eq)
		return 0;
	err = hca_eq_destroy_at(eq->hca, eq->eqn);
	if (err)
		hca_dma_abandon(hca_dma(eq->hca), &eq->buf);
	else
		hca_dma_free(hca_dma(eq->hca), &eq->buf);
	free(eq);
	return err;
}

static void doorbell(struct hca_eq *eq, uint64_t reg)
{
	struct hca_transport *t = hca_transport(eq->hca);

	hca_to_device_barrier();
	t->ops->write32(t, hca_uar_offset(eq->uar) + reg, eq->eqn << 24 | (eq->ci & CI_MASK));
}

bool hca_eq_poll(struct hca_eq *eq, struct eqe *out)
{
	struct eqe *e = (struct eqe *)eq->buf.ptr + (eq->ci & ((1u << eq->log_size) - 1));
	uint8_t owner = __atomic_load_n(&e->owner, __ATOMIC_ACQUIRE);

	if ((owner & EQE_OWNER) != (eq->ci >> eq->log_size & 1))
		return false;
	hca_from_device_barrier();
	memcpy(out, e, sizeof(*out));
	if (++eq->ci % TELL_EVERY == 0)
		doorbell(eq, UAR_EQ_UPDATE);
	return true;
}

void hca_eq_arm(struct hca_eq *eq)
{
	doorbell(eq, UAR_EQ_ARM);
}

uint32_t hca_eqe_cqn(const struct eqe *eqe)
{
	return ifc_load32(eqe->data + 24) & 0xffffff;
}
