// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the payloads of asynchronous events (Linux 6.12 include/linux/mlx5/
 * device.h, union ev_data). It must never know which EQ carries them.
 */
#include "tests/hca-model/obj/events.h"

#include "host-backend/hca/ifc/ifc.h"

void event_qp(struct hca *hca, uint32_t qpn, enum eqe_type type)
{
	uint8_t data[28] = { 0 };

	ifc_store32(data + 24, qpn);
	eq_async_event(hca, type, 0, data);
}

void event_srq(struct hca *hca, uint32_t srqn, enum eqe_type type)
{
	event_qp(hca, srqn, type);
}

void event_cq_error(struct hca *hca, uint32_t cqn, uint8_t syndrome)
{
	uint8_t data[28] = { 0 };

	ifc_store32(data, cqn);
	data[11] = syndrome;
	eq_async_event(hca, EVENT_CQ_ERROR, 0, data);
}

void event_port(struct hca *hca, uint8_t sub_type)
{
	uint8_t data[28] = { [8] = 1 << 4 };	/* port 1 */

	eq_async_event(hca, EVENT_PORT_CHANGE, sub_type, data);
}

void event_cmd(struct hca *hca, uint32_t slots)
{
	uint8_t data[28] = { 0 };

	ifc_store32(data, slots);
	eq_async_event(hca, EVENT_CMD, 0, data);
}

void event_page_request(struct hca *hca, int32_t pages)
{
	uint8_t data[28] = { 0 };

	ifc_store32(data + 4, (uint32_t)pages);
	eq_async_event(hca, EVENT_PAGE_REQUEST, 0, data);
}

void event_internal_error(struct hca *hca)
{
	eq_async_event(hca, EVENT_INTERNAL_ERROR, 0, NULL);
}
