/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the management room's face to the transport. It must never know queue
 * pairs.
 */
#ifndef HCA_MODEL_MGMT_MGMT_H
#define HCA_MODEL_MGMT_MGMT_H

#include <stdbool.h>

struct hca;
struct packet;

/**
 * mgmt_receive - let the firmware's SMA look at a packet first
 * @hca: the HCA it arrived at
 * @pkt: any packet whose dqpn is 0
 *
 * transport_receive() calls this before anything else for packets to QP0, also
 * when the driver has no QP0. Requests to the SMA (Get and Set of the SMP
 * classes except SMInfo) are answered here through port_send(), as on a card;
 * responses, SMInfo, traps go up to the driver's QP0. Packets to QP1 all go up
 * to the driver: it asks the firmware by MAD_IFC for what the PMA must answer.
 *
 * Return: true if the packet was consumed.
 */
bool mgmt_receive(struct hca *hca, struct packet *pkt);

#endif
