/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns multicast groups: their members and the way of their packets. It must
 * never know how a join travels.
 */
#ifndef HCA_MODEL_FABRIC_MULTICAST_H
#define HCA_MODEL_FABRIC_MULTICAST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct fabric;
struct packet;

enum { JOIN_FULL = 1, JOIN_NON = 2, JOIN_SEND_ONLY = 4 };

struct mcmember {
	LIST_ENTRY(mcmember) link;
	unsigned int port;		/* of the switch */
	uint8_t gid[16];
	uint8_t join_state;		/* JOIN_* */
};

struct mcgroup {
	LIST_ENTRY(mcgroup) link;
	uint8_t mgid[16];
	uint16_t mlid, pkey;
	uint32_t qkey;
	uint8_t mtu, tclass, rate, life, sl, hop_limit;
	uint32_t flow_label;
	bool permanent;			/* stays without members */
	LIST_HEAD(, mcmember) members;
};

LIST_HEAD(mcgroups, mcgroup);

struct mcgroup *multicast_find(struct fabric *fabric, const uint8_t mgid[16]);
/* A new group with a free MLID, the rest zero: 0, -ENOSPC, -ENOMEM. */
int multicast_create(struct fabric *fabric, const uint8_t mgid[16], struct mcgroup **out);
struct mcmember *multicast_member(struct mcgroup *group, const uint8_t gid[16]);
/* Adds @join_state to what the port has already. 0 or -ENOMEM. */
int multicast_join(struct fabric *fabric, struct mcgroup *group, unsigned int port,
		   const uint8_t gid[16], uint8_t join_state);
/* Takes @join_state away; the last member takes the group along. -ENOENT: was no member. */
int multicast_leave(struct fabric *fabric, struct mcgroup *group, const uint8_t gid[16],
		    uint8_t join_state);
/* All memberships of a switch port end. */
void multicast_forget(struct fabric *fabric, unsigned int port);
/* All groups end (the SM that made them is gone). */
void multicast_clear(struct fabric *fabric);

void multicast_route(struct fabric *fabric, unsigned int in, struct packet *pkt);

#endif
