/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns event queues: EQEs, arming, interrupts, and who gets which event. It
 * must never know why an event happens.
 */
#ifndef HCA_MODEL_OBJ_EQ_H
#define HCA_MODEL_OBJ_EQ_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/mem/pas.h"

struct hca;

struct eq {
	uint32_t eqn;
	uint32_t uar;
	struct pas_buf buf;
	uint8_t log_size;
	uint16_t vector;
	uint32_t pi, ci;		/* free running */
	bool armed;
	bool overflowed;
	uint64_t bitmask[4];
	uint32_t cqs;			/* CQs that report here */
	uint8_t ctx[64];
};

struct eq *eq_get(struct hca *hca, uint32_t eqn);
/* A write to UAR_EQ_ARM (arm) or UAR_EQ_UPDATE of page @uar. */
void eq_doorbell(struct hca *hca, uint32_t uar, uint32_t value, bool arm);

/* A completion event of a CQ on its EQ. */
void eq_comp_event(struct hca *hca, uint32_t eqn, uint32_t cqn);
/* An event to every EQ that subscribed to its type. @data: 28 bytes, big-endian; may be NULL. */
void eq_async_event(struct hca *hca, enum eqe_type type, uint8_t sub_type, const uint8_t *data);

/* Whether an EQ takes events of @type. */
bool eq_subscribed(const struct hca *hca, enum eqe_type type);

void eq_free(struct hca *hca, struct eq *eq);

#endif
