/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on Q counter sets. Must never know whose queue pairs count.
 */
#ifndef HCA_COUNTER_H
#define HCA_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

struct hca;

/* Names as mlx5_ifc.h has them (query_q_counter_out); each wraps at 32 bits. */
struct hca_counters {
	uint32_t rx_write_requests, rx_read_requests, rx_atomic_requests;
	uint32_t out_of_buffer, out_of_sequence, duplicate_request;
	uint32_t rnr_nak_retry_err, packet_seq_err, implied_nak_seq_err;
	uint32_t local_ack_timeout_err, req_rnr_retries_exceeded;
	uint32_t resp_local_length_error, req_local_length_error;
	uint32_t resp_local_qp_error, local_operation_error;
	uint32_t resp_local_protection, req_local_protection;
	uint32_t resp_cqe_error, req_cqe_error;
	uint32_t req_mw_binding, req_bad_response;
	uint32_t req_remote_invalid_request, resp_remote_invalid_request;
	uint32_t req_remote_access_errors, resp_remote_access_errors;
	uint32_t req_remote_operation_errors, req_transport_retries_exceeded;
	uint32_t cq_overflow, resp_cqe_flush_error, req_cqe_flush_error;
};

/* Errors of hca_cmd(). 0 is never given: it is the set of all QPs that have none. */
int hca_counter_alloc(struct hca *hca, uint8_t *set);
int hca_counter_dealloc(struct hca *hca, uint8_t set);
/* @clear: start again from 0. */
int hca_counter_query(struct hca *hca, uint8_t set, bool clear, struct hca_counters *counters);

#endif
