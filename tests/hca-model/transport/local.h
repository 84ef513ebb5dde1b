/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns WQEs that act on this HCA only: changes of memory keys (UMR, local and
 * remote invalidation). It must never know packets.
 */
#ifndef HCA_MODEL_TRANSPORT_LOCAL_H
#define HCA_MODEL_TRANSPORT_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

struct qp;
struct send_wqe;
struct wqe_view;

/* CQE_SYND_NONE or the syndrome that the WQE completes with; @w may become untold. */
uint8_t local_execute(struct qp *qp, struct send_wqe *w, const struct wqe_view *v);

/* A SEND with invalidate arrived. False: this peer may not invalidate that key. */
bool local_remote_invalidate(struct qp *qp, uint32_t pd, uint32_t rkey);

#endif
