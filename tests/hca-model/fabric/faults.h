/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a bad cable does to packets: loss, duplicates, reordering, delay.
 * It must never know where a packet goes next.
 */
#ifndef HCA_MODEL_FABRIC_FAULTS_H
#define HCA_MODEL_FABRIC_FAULTS_H

#include <stdint.h>

struct packet;
struct port;

enum fault_dir { FAULT_TX = 0, FAULT_RX = 1, FAULT_DIRS = 2 };

struct fault_config {
	double loss, dup, reorder;	/* probabilities, 0..1 */
	uint32_t delay_us;
	uint64_t seed;
};

struct fault_stats {
	uint64_t seen, lost, duplicated, reordered, delayed;
};

/**
 * faults_set - make one direction of a port's line bad
 * @port:   the port
 * @dir:    FAULT_TX: what it sends; FAULT_RX: what it gets
 * @config: copied; all zero makes this direction perfect again
 *
 * Everything passes the line: management packets, and what a port sends to
 * itself (both directions of it), so that one HCA alone can be tested too.
 * The same seed gives the same decisions for the same sequence of packets.
 * Packets that wait are let go first, in order.
 *
 * Return: 0, -EINVAL for a probability outside 0..1, -ENOMEM.
 */
int faults_set(struct port *port, enum fault_dir dir, const struct fault_config *config);
/* Both directions perfect; what waits is let go. */
void faults_clear(struct port *port);
/* The port goes away: what waits is dropped. */
void faults_destroy(struct port *port);
struct fault_stats faults_stats(const struct port *port, enum fault_dir dir);

/* Where a packet goes after the line. */
typedef void (*fault_next)(struct port *port, struct packet *pkt);

/* Pass a packet through one direction; only for ports with port->faults set. */
void faults_pass(struct port *port, enum fault_dir dir, struct packet *pkt, fault_next next);

#endif
