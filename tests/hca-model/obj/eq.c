// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns event queues: EQEs, arming, interrupts, and who gets which event. It
 * must never know why an event happens.
 */
#include "tests/hca-model/obj/eq.h"

#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/reach.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"

struct eq *eq_get(struct hca *hca, uint32_t eqn)
{
	return objtab_get(&hca->obj.eq, eqn);
}

static void eq_interrupt(struct hca *hca, struct eq *eq)
{
	eq->armed = false;
	pci_interrupt(hca, eq->vector);
}

void eq_doorbell(struct hca *hca, uint32_t uar, uint32_t value, bool arm)
{
	struct eq *eq = eq_get(hca, value >> 24);
	uint32_t delta;

	/* A doorbell through somebody else's page has no effect. */
	if (!eq || eq->uar != uar)
		return;
	/* The doorbell carries the low 24 bits of the consumer index. */
	delta = (value - eq->ci) & 0xffffff;
	if (delta > eq->pi - eq->ci)
		return;		/* behind, or beyond what was produced: not a consumer's index */
	eq->ci += delta;
	if (!arm)
		return;
	eq->armed = true;
	if (eq->pi != eq->ci)
		eq_interrupt(hca, eq);
}

static void eq_post(struct hca *hca, struct eq *eq, const struct eqe *template)
{
	struct eqe *eqe, copy = *template;
	uint32_t size = 1u << eq->log_size;
	uint64_t off = (uint64_t)(eq->pi & (size - 1)) * sizeof(copy);

	trace(hca, "EQE eqn %u ci %u pi %u type 0x%02x sub 0x%02x", eq->eqn, eq->ci, eq->pi,
	      copy.type, copy.sub_type);
	if (eq->pi - eq->ci >= size) {
		if (!eq->overflowed)
			hca_log(hca, "EQ %u overflows", eq->eqn);
		eq->overflowed = true;
		return;
	}
	copy.owner = eq->pi >> eq->log_size & 1;
	eqe = pas_buf_ptr(hca, &eq->buf, off, sizeof(*eqe), true);
	if (!eqe)
		return;
	/* The owner bit goes last, so that the driver never sees half an entry. */
	memcpy(eqe, &copy, sizeof(copy) - 4);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy((uint8_t *)eqe + sizeof(copy) - 4, (uint8_t *)&copy + sizeof(copy) - 4, 4);
	eq->pi++;
	if (eq->armed)
		eq_interrupt(hca, eq);
}

void eq_comp_event(struct hca *hca, uint32_t eqn, uint32_t cqn)
{
	struct eq *eq = eq_get(hca, eqn);
	struct eqe eqe = { .type = EVENT_COMP };

	if (!eq)
		return;
	ifc_store32(eqe.data + 24, cqn);
	eq_post(hca, eq, &eqe);
}

static bool eq_takes(const struct eq *eq, enum eqe_type type)
{
	return eq && eq->bitmask[type / 64] >> type % 64 & 1;
}

bool eq_subscribed(const struct hca *hca, enum eqe_type type)
{
	uint32_t i;

	for (i = 0; i < hca->obj.eq.room; i++)
		if (eq_takes(hca->obj.eq.slot[i], type))
			return true;
	return false;
}

void eq_async_event(struct hca *hca, enum eqe_type type, uint8_t sub_type, const uint8_t *data)
{
	struct eqe eqe = { .type = (uint8_t)type, .sub_type = sub_type };
	struct eq *eq;
	uint32_t i;

	if (data)
		memcpy(eqe.data, data, sizeof(eqe.data));
	for (i = 0; i < hca->obj.eq.room; i++) {
		eq = hca->obj.eq.slot[i];
		if (eq_takes(eq, type))
			eq_post(hca, eq, &eqe);
	}
}

static enum cmd_status eq_fill(struct cmd *cmd, struct eq *eq)
{
	const uint8_t *c = eq->ctx;
	enum cmd_status status;
	uint32_t i;

	eq->log_size = (uint8_t)ifc_get(c, eqc__log_eq_size);
	eq->vector = (uint16_t)ifc_get(c, eqc__intr);
	eq->uar = (uint32_t)ifc_get(c, eqc__uar_page);
	if (eq->log_size > ifc_get(cmd->hca->obj.cap_gen, cmd_hca_cap__log_max_eq_sz))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "EQ too large");
	if (eq->vector >= MSIX_VECTORS)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such interrupt vector");
	if (!objtab_get(&cmd->hca->obj.uar, eq->uar))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such UAR page");
	/* event_bitmask[0] holds types 0..63 in its big-endian 64 bits. */
	for (i = 0; i < 4; i++)
		eq->bitmask[i] = ifc_load64(cmd->in + create_eq_in__event_bitmask__BYTE + i * 8);
	if (pas_buf_init(&eq->buf, cmd->in + create_eq_in__pas__BYTE,
			 cmd->in_len - create_eq_in__pas__BYTE,
			 (uint32_t)ifc_get(c, eqc__log_page_size) + 12,
			 pas_offset(ifc_get(c, eqc__page_offset),
				    ifc_get(c, eqc__log_page_size) + 12),
			 (uint64_t)sizeof(struct eqe) << eq->log_size))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "EQ pages");
	status = reach_queue(cmd, &eq->buf, cmd->in + create_eq_in__pas__BYTE, VFU_DMA_WRITE);
	if (status)
		pas_buf_fini(&eq->buf);
	return status;
}

enum cmd_status cmd_create_eq(struct cmd *cmd)
{
	struct eq *eq = calloc(1, sizeof(*eq));
	enum cmd_status status;

	if (!eq)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	memcpy(eq->ctx, cmd->in + create_eq_in__eq_context_entry__BYTE, eqc__SIZE);
	status = eq_fill(cmd, eq);
	if (status)
		goto err_free;
	if (objtab_add(&cmd->hca->obj.eq, eq, &eq->eqn)) {
		status = CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no EQ is free");
		goto err_buf;
	}
	ifc_set(cmd->out, create_eq_out__eq_number, eq->eqn);
	return CMD_OK;
err_buf:
	pas_buf_fini(&eq->buf);
err_free:
	free(eq);
	return status;
}

void eq_free(struct hca *hca, struct eq *eq)
{
	objtab_del(&hca->obj.eq, eq->eqn);
	pas_buf_fini(&eq->buf);
	free(eq);
}

enum cmd_status cmd_destroy_eq(struct cmd *cmd)
{
	struct eq *eq = eq_get(cmd->hca, (uint32_t)ifc_get(cmd->in, destroy_eq_in__eq_number));

	if (!eq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such EQ");
	if (eq->cqs)
		return CMD_REFUSE(cmd, CMD_RES_BUSY, "CQs report to this EQ");
	eq_free(cmd->hca, eq);
	return CMD_OK;
}

enum cmd_status cmd_query_eq(struct cmd *cmd)
{
	const struct eq *eq = eq_get(cmd->hca, (uint32_t)ifc_get(cmd->in, query_eq_in__eq_number));
	uint8_t *c = cmd->out + query_eq_out__eq_context_entry__BYTE;

	if (!eq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such EQ");
	memcpy(c, eq->ctx, eqc__SIZE);
	ifc_set(c, eqc__st, eq->armed ? 9 : 0xa);
	ifc_set(c, eqc__consumer_counter, eq->ci);
	ifc_set(c, eqc__producer_counter, eq->pi);
	return CMD_OK;
}
