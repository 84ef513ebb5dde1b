/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns Q counter sets. It must never know which packet moved a counter.
 */
#ifndef HCA_MODEL_OBJ_COUNTER_H
#define HCA_MODEL_OBJ_COUNTER_H

#include <stdint.h>

/* One set; a QP counts into the set its context names. Fields as QUERY_Q_COUNTER has them. */
struct q_counters {
	uint32_t id;
	uint32_t rx_write_requests, rx_read_requests, rx_atomic_requests;
	uint32_t out_of_buffer, out_of_sequence, duplicate_request;
	uint32_t rnr_nak_retry_err, packet_seq_err, implied_nak_seq_err;
	uint32_t local_ack_timeout_err, req_rnr_retries_exceeded;
	uint32_t resp_local_length_error, req_local_length_error, resp_local_qp_error;
	uint32_t local_operation_error, resp_local_protection, req_local_protection;
	uint32_t resp_cqe_error, req_cqe_error, req_mw_binding, req_bad_response;
	uint32_t req_remote_invalid_request, resp_remote_invalid_request;
	uint32_t req_remote_access_errors, resp_remote_access_errors;
	uint32_t req_remote_operation_errors, req_transport_retries_exceeded;
	uint32_t cq_overflow, resp_cqe_flush_error, req_cqe_flush_error;
};

struct cmd;
struct hca;
struct qp;
struct qp_transition;

/* A QP stops counting in set @id (0: the default set, nothing to give back). */
void counter_put(struct hca *hca, uint32_t id);

/*
 * A modify command may name another set: the QP counts there from now on.
 * Returns an enum cmd_status.
 */
int counter_switch(struct cmd *cmd, struct qp *qp, const struct qp_transition *t,
		   const uint8_t *ctx, uint32_t optional);

#endif
