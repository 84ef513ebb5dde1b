/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the command that asks the firmware's management agents. Must never know
 * what is in a MAD.
 */
#ifndef HCA_MAD_H
#define HCA_MAD_H

#include <stdint.h>

struct hca;

enum {
	HCA_MAD_BYTES = 256,
	/* Whom the agents trust: a request of our own needs no keys. */
	HCA_MAD_IGNORE_MKEY = 1 << 0,
	HCA_MAD_IGNORE_BKEY = 1 << 1,
};

/**
 * hca_mad() - one MAD to the port's agents and their answer
 * @hca: HCA
 * @port: 1..n
 * @flags: HCA_MAD_IGNORE_*
 * @request: to them
 * @answer: theirs; may be @request
 *
 * Return: 0; -EINVAL no such port or flag; errors of hca_cmd(), -EREMOTEIO also
 * for a MAD that no agent answers.
 */
int hca_mad(struct hca *hca, unsigned int port, unsigned int flags,
	    const uint8_t request[HCA_MAD_BYTES], uint8_t answer[HCA_MAD_BYTES]);

#endif
