/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the signs of life of an HCA in its init segment. Must never know what
 * happens when there are none.
 */
#ifndef HCA_HEALTH_H
#define HCA_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

struct hca_transport;

struct hca_health {
	uint32_t counter;
	unsigned int equal;		/* looks in a row that found the same */
	bool looked;
};

enum { HCA_HEALTH_EQUAL_MAX = 3 };

/* Whether the device answers at all: 0 or HCA_SYNDROME_GONE. One register. */
uint32_t hca_health_presence(struct hca_transport *t);

/**
 * hca_health_look() - all signs: presence, NIC state, syndrome, the counter that must move
 * @health: zeroed before the first look; forgets nothing between looks
 * @t: transport
 *
 * Return: 0; a syndrome: dead until a reset.
 */
uint32_t hca_health_look(struct hca_health *health, struct hca_transport *t);

#endif
