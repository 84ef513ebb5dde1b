// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on Q counter sets. Must never know whose queue pairs count.
 */
#include "host-backend/hca/counter.h"

#include <string.h>

#include "host-backend/hca/object.h"

static const struct {
	uint32_t field;
	size_t offset;
} layout[] = {
#define COUNTER(name) { query_q_counter_out__##name, offsetof(struct hca_counters, name) }
	COUNTER(rx_write_requests), COUNTER(rx_read_requests), COUNTER(rx_atomic_requests),
	COUNTER(out_of_buffer), COUNTER(out_of_sequence), COUNTER(duplicate_request),
	COUNTER(rnr_nak_retry_err), COUNTER(packet_seq_err), COUNTER(implied_nak_seq_err),
	COUNTER(local_ack_timeout_err), COUNTER(req_rnr_retries_exceeded),
	COUNTER(resp_local_length_error), COUNTER(req_local_length_error),
	COUNTER(resp_local_qp_error), COUNTER(local_operation_error),
	COUNTER(resp_local_protection), COUNTER(req_local_protection),
	COUNTER(resp_cqe_error), COUNTER(req_cqe_error), COUNTER(req_mw_binding),
	COUNTER(req_bad_response), COUNTER(req_remote_invalid_request),
	COUNTER(resp_remote_invalid_request), COUNTER(req_remote_access_errors),
	COUNTER(resp_remote_access_errors), COUNTER(req_remote_operation_errors),
	COUNTER(req_transport_retries_exceeded), COUNTER(cq_overflow),
	COUNTER(resp_cqe_flush_error), COUNTER(req_cqe_flush_error),
#undef COUNTER
};

_Static_assert(sizeof(layout) / sizeof(layout[0]) * sizeof(uint32_t) ==
	       sizeof(struct hca_counters), "every counter has its place");

/* The number of a set is shorter than those of other objects. */
int hca_counter_alloc(struct hca *hca, uint8_t *set)
{
	uint8_t in[dealloc_q_counter_in__SIZE] = { 0 };
	uint32_t number;
	int ret;

	hca_object_head(in, HCA_OP_ALLOC_Q_COUNTER, 0);
	ret = hca_object_create(hca, in, sizeof(in), &number);
	if (ret)
		return ret;
	if (!number || number > UINT8_MAX)
		return hca_cmd_nonsense(hca, in);
	*set = (uint8_t)number;
	return 0;
}

int hca_counter_dealloc(struct hca *hca, uint8_t set)
{
	return hca_cmd_simple(hca, HCA_OP_DEALLOC_Q_COUNTER, 0, set);
}

int hca_counter_query(struct hca *hca, uint8_t set, bool clear, struct hca_counters *counters)
{
	uint8_t in[query_q_counter_in__SIZE] = { 0 }, out[query_q_counter_out__SIZE] = { 0 };
	uint32_t value;
	size_t i;
	int ret;

	hca_object_head(in, HCA_OP_QUERY_Q_COUNTER, 0);
	ifc_set(in, query_q_counter_in__counter_set_id, set);
	ifc_set(in, query_q_counter_in__clear, clear);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	for (i = 0; i < sizeof(layout) / sizeof(layout[0]); i++) {
		value = (uint32_t)ifc_get(out, layout[i].field);
		memcpy((uint8_t *)counters + layout[i].offset, &value, sizeof(value));
	}
	return 0;
}
