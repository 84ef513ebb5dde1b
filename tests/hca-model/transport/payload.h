/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns moving bytes between protected host memory and packets. It must never
 * know what a message is.
 */
#ifndef HCA_MODEL_TRANSPORT_PAYLOAD_H
#define HCA_MODEL_TRANSPORT_PAYLOAD_H

#include <stdint.h>

#include "tests/hca-model/mem/access.h"

struct hca;
struct packet;
struct qp;
struct wqe_view;

/* Protected bytes to a plain buffer, in as many steps as it takes. */
enum access_result payload_read(struct hca *hca, const struct access *a, uint64_t va, void *dst,
				uint32_t len);

/* Bytes @off..@off + @len of the packet to protected memory. */
enum access_result payload_store(struct hca *hca, const struct access *a, uint64_t va,
				 const struct packet *pkt, uint32_t off, uint32_t len);

/**
 * payload_borrow - let the packet point to protected memory
 * @bounce: PACKET_MAX_PAYLOAD bytes, for memory in too many pieces; used as
 *          long as the packet is
 */
enum access_result payload_borrow(struct hca *hca, const struct access *a, uint64_t va,
				  uint32_t len, struct packet *pkt, uint8_t *bounce);

/**
 * payload_gather - the same for bytes @pos..@pos + @len of a send WQE's message
 * @unit:   where they may be cut: of memory in too many pieces the packet gets
 *          as many units as it can point to, or one bounced; pkt->len tells
 * @bounce: @unit bytes, as for payload_borrow()
 */
enum access_result payload_gather(struct qp *qp, struct wqe_view *v, uint32_t pos, uint32_t len,
				  uint32_t unit, struct packet *pkt, uint8_t *bounce);

/* Whether all of a send WQE's message may be read: its segments' first and last bytes. */
enum access_result payload_check(struct qp *qp, const struct wqe_view *v);

/* Bytes of a response to byte @pos on of a send WQE's message. */
enum access_result payload_scatter(struct qp *qp, struct wqe_view *v, uint32_t pos,
				   const struct packet *pkt);

/* Whether [@va, @va + @len) may be touched at all: first and last byte are tried. */
enum access_result payload_probe(struct hca *hca, const struct access *a, uint64_t va,
				 uint32_t len, bool write);

#endif
