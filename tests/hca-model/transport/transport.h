/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the data path's face to the other rooms: doorbells in, packets in,
 * state changes in. It must never know commands.
 */
#ifndef HCA_MODEL_TRANSPORT_TRANSPORT_H
#define HCA_MODEL_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/hca-model/obj/qp.h"

struct hca;
struct model;
struct packet;

/* A new QP in RESET: its requester and responder, no timers. 0 or -ENOMEM. */
int transport_qp_init(struct qp *qp);
/* Cancels timers, forgets queued work; no completion is written. */
void transport_qp_fini(struct qp *qp);

/**
 * transport_qp_changed - a command (or a failure) changed the QP
 * @qp:  the queue pair, new state and attributes already set
 * @old: the state before
 *
 * RESET: counters, PSNs and queue indices go back to zero, nothing completes.
 * INIT->RTR and RTR->RTS: take the start PSNs from the context (next_rcv_psn,
 * next_send_psn), which transport_psn_set() delivered before. ERR: posted WQEs
 * on both queues complete with WR_FLUSH, without an event storm. SQER: the send
 * side flushes. SQER->RTS: go on. Nothing leads to SQD.
 */
void transport_qp_changed(struct qp *qp, enum qp_state old);
void transport_set_send_psn(struct qp *qp, uint32_t psn);
void transport_set_recv_psn(struct qp *qp, uint32_t psn);
uint32_t transport_send_psn(const struct qp *qp);
uint32_t transport_recv_psn(const struct qp *qp);

/* 8 bytes (two big-endian words, already swapped) were written to a send doorbell of page @uar. */
void transport_sq_doorbell(struct hca *hca, uint32_t uar, uint32_t word0, uint32_t word1);

/* A packet arrived at this HCA's port. Its borrowed payload is valid during the call only. */
void transport_receive(struct hca *hca, struct packet *pkt);

/**
 * transport_run - one bounded slice of work over all ready QPs of one HCA
 *
 * Return: true while more is to do.
 */
bool transport_run(struct hca *hca);

#endif
