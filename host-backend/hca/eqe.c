// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the payloads of asynchronous events. Must never know queues. Source:
 * Linux, include/linux/mlx5/device.h, union ev_data.
 */
#include "host-backend/hca/eqe.h"

#include "host-backend/hca/events.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/pages.h"
#include "host-backend/hca/private.h"

enum { NUMBER_MASK = 0xffffff };

static void report(struct hca *hca, const struct eqe *eqe, enum hca_event_type type,
		   uint32_t number, uint32_t syndrome)
{
	struct hca_event event = {
		.type = type, .fw_type = eqe->type, .fw_subtype = eqe->sub_type,
		.number = number, .syndrome = syndrome,
	};

	hca_events_report(hca->events, &event);
}

void hca_eqe_handle(struct hca *hca, const struct eqe *eqe)
{
	const uint8_t *d = eqe->data;

	switch (eqe->type) {
	case EVENT_CMD:
		hca_cmdq_event(hca->cmdq, ifc_load32(d));
		break;
	case EVENT_PAGE_REQUEST:
		hca_pages_request(hca->pages, ifc_load32(d), (int32_t)ifc_load32(d + 4));
		break;
	case EVENT_PATH_MIG:
	case EVENT_COMM_EST:
	case EVENT_SQ_DRAINED:
	case EVENT_WQ_CATAS_ERROR:
	case EVENT_PATH_MIG_FAILED:
	case EVENT_WQ_INVAL_REQ_ERROR:
	case EVENT_WQ_ACCESS_ERROR:
	case EVENT_SRQ_LAST_WQE:
		report(hca, eqe, HCA_EVENT_QP, ifc_load32(d + 24) & NUMBER_MASK, 0);
		break;
	case EVENT_SRQ_CATAS_ERROR:
	case EVENT_SRQ_RQ_LIMIT:
		report(hca, eqe, HCA_EVENT_SRQ, ifc_load32(d + 24) & NUMBER_MASK, 0);
		break;
	case EVENT_CQ_ERROR:
		report(hca, eqe, HCA_EVENT_CQ, ifc_load32(d) & NUMBER_MASK, d[11]);
		break;
	case EVENT_PORT_CHANGE:
		report(hca, eqe, HCA_EVENT_PORT, d[8] >> 4, 0);
		break;
	default:
		break;		/* not asked for by any mask of ours */
	}
}
