/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns long answers: segments, windows, acknowledgements. It must never know
 * records. Source: IBA volume 1, 13.6.
 */
#ifndef HCA_MODEL_FABRIC_RMPP_H
#define HCA_MODEL_FABRIC_RMPP_H

#include <stddef.h>
#include <stdint.h>

struct fabric;
struct packet;
struct rmpp;

enum { RMPP_DATA = 1, RMPP_ACK = 2, RMPP_STOP = 3, RMPP_ABORT = 4, RMPP_ACTIVE = 1,
       RMPP_FIRST = 2, RMPP_LAST = 4 };

int rmpp_create(struct fabric *fabric, struct rmpp **out);
void rmpp_destroy(struct rmpp *rmpp);

/**
 * rmpp_send - answer with any number of bytes
 * @rmpp: the sender
 * @in:   switch port of the asker
 * @req:  the request's packet
 * @head: the answer's MAD; the first 56 bytes count, without RMPP fields
 * @data: owned by the callee from here on (freed); may be NULL if @len is 0
 * @len:  bytes of @data
 */
void rmpp_send(struct rmpp *rmpp, unsigned int in, const struct packet *req,
	       const uint8_t *head, uint8_t *data, size_t len);
/* An ACK, STOP or ABORT came in. */
void rmpp_receive(struct rmpp *rmpp, const struct packet *pkt, const uint8_t *mad);

#endif
