// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns Q counter sets and which QP counts where. It must never know which
 * packet moved a counter.
 */
#include "tests/hca-model/obj/counter.h"

#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/obj/qp_context.h"

enum { OPT_COUNTER_SET_ID = 1 << 25 };

struct counter_set {
	struct q_counters count;
	uint32_t users;
};

static const struct {
	uint32_t field;
	size_t offset;
} layout[] = {
#define COUNTER(name) { query_q_counter_out__##name, offsetof(struct q_counters, name) }
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

enum cmd_status cmd_alloc_q_counter(struct cmd *cmd)
{
	struct counter_set *set = calloc(1, sizeof(*set));

	if (!set)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	if (objtab_add(&cmd->hca->obj.counter, set, &set->count.id)) {
		free(set);
		return CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no counter set is free");
	}
	ifc_set(cmd->out, alloc_q_counter_out__counter_set_id, set->count.id);
	return CMD_OK;
}

enum cmd_status cmd_dealloc_q_counter(struct cmd *cmd)
{
	uint32_t id = (uint32_t)ifc_get(cmd->in, dealloc_q_counter_in__counter_set_id);
	struct counter_set *set = objtab_get(&cmd->hca->obj.counter, id);

	if (!set)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such counter set");
	if (set->users)
		return CMD_REFUSE(cmd, CMD_RES_BUSY, "QPs count here");
	objtab_del(&cmd->hca->obj.counter, id);
	free(set);
	return CMD_OK;
}

enum cmd_status cmd_query_q_counter(struct cmd *cmd)
{
	uint32_t id = (uint32_t)ifc_get(cmd->in, query_q_counter_in__counter_set_id);
	struct counter_set *set = objtab_get(&cmd->hca->obj.counter, id);
	struct q_counters *count = set ? &set->count : NULL;
	uint32_t value;
	size_t i;

	if (!id)
		count = &cmd->hca->obj.default_counters;
	if (!count)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such counter set");
	for (i = 0; i < sizeof(layout) / sizeof(layout[0]); i++) {
		memcpy(&value, (uint8_t *)count + layout[i].offset, sizeof(value));
		ifc_set(cmd->out, layout[i].field, value);
	}
	if (ifc_get(cmd->in, query_q_counter_in__clear))
		memset(count, 0, sizeof(*count));
	count->id = id;
	return CMD_OK;
}

void counter_put(struct hca *hca, uint32_t id)
{
	struct counter_set *set = objtab_get(&hca->obj.counter, id);

	if (set)
		set->users--;
}

int counter_switch(struct cmd *cmd, struct qp *qp, const struct qp_transition *t,
		   const uint8_t *ctx, uint32_t optional)
{
	uint32_t id = (uint32_t)ifc_get(ctx, qpc__counter_set_id);
	struct counter_set *set = objtab_get(&cmd->hca->obj.counter, id);

	if (t->taken != QP_FIELDS_INIT && !(optional & OPT_COUNTER_SET_ID))
		return CMD_OK;
	if (id && !set)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such counter set");
	counter_put(cmd->hca, qp->counter_set);
	if (set)
		set->users++;
	qp->counters = set ? &set->count : &cmd->hca->obj.default_counters;
	qp->counter_set = id;
	return CMD_OK;
}
