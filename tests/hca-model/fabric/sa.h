/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns subnet administration: the queries that programs send to the SM's QP1.
 * It must never know who asks beyond the port it came in by.
 */
#ifndef HCA_MODEL_FABRIC_SA_H
#define HCA_MODEL_FABRIC_SA_H

struct fabric;
struct packet;
struct sa;

int sa_create(struct fabric *fabric, struct sa **out);
void sa_destroy(struct sa *sa);
/* A packet for QP1 of the SM's LID that came in by switch port @in. */
void sa_receive(struct fabric *fabric, unsigned int in, const struct packet *pkt);

#endif
