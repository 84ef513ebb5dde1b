// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns multicast groups, the forwarding table made of them, and the copies of
 * each packet. It must never know how a join travels.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/transport/packet.h"

struct mcgroup *multicast_find(struct fabric *fabric, const uint8_t mgid[16])
{
	struct mcgroup *group;

	LIST_FOREACH(group, &fabric->groups, link)
		if (!memcmp(group->mgid, mgid, 16))
			return group;
	return NULL;
}

static bool mlid_in_use(struct fabric *fabric, uint16_t mlid)
{
	struct mcgroup *group;

	LIST_FOREACH(group, &fabric->groups, link)
		if (group->mlid == mlid)
			return true;
	return false;
}

int multicast_create(struct fabric *fabric, const uint8_t mgid[16], struct mcgroup **out)
{
	struct mcgroup *group;
	uint16_t mlid = LID_MULTICAST;

	while (mlid_in_use(fabric, mlid))
		if (++mlid == LID_MULTICAST + MFT_SIZE)
			return -ENOSPC;
	group = calloc(1, sizeof(*group));
	if (!group)
		return -ENOMEM;
	memcpy(group->mgid, mgid, 16);
	group->mlid = mlid;
	LIST_INIT(&group->members);
	LIST_INSERT_HEAD(&fabric->groups, group, link);
	*out = group;
	return 0;
}

static void program(struct fabric *fabric, const struct mcgroup *group)
{
	uint16_t *row = fabric->mft[group->mlid - LID_MULTICAST];
	const struct mcmember *m;

	memset(row, 0, sizeof(fabric->mft[0]));
	LIST_FOREACH(m, &group->members, link)
		if (m->join_state & (JOIN_FULL | JOIN_NON))
			row[m->port / 16] |= (uint16_t)(1u << m->port % 16);
}

struct mcmember *multicast_member(struct mcgroup *group, const uint8_t gid[16])
{
	struct mcmember *m;

	LIST_FOREACH(m, &group->members, link)
		if (!memcmp(m->gid, gid, 16))
			return m;
	return NULL;
}

int multicast_join(struct fabric *fabric, struct mcgroup *group, unsigned int port,
		   const uint8_t gid[16], uint8_t join_state)
{
	struct mcmember *m = multicast_member(group, gid);

	if (!m) {
		m = calloc(1, sizeof(*m));
		if (!m)
			return -ENOMEM;
		memcpy(m->gid, gid, 16);
		m->port = port;
		LIST_INSERT_HEAD(&group->members, m, link);
	}
	m->join_state |= join_state;
	program(fabric, group);
	return 0;
}

static void drop_group(struct fabric *fabric, struct mcgroup *group)
{
	struct mcmember *m;

	while ((m = LIST_FIRST(&group->members))) {
		LIST_REMOVE(m, link);
		free(m);
	}
	program(fabric, group);
	LIST_REMOVE(group, link);
	free(group);
}

static void drop_member(struct fabric *fabric, struct mcgroup *group, struct mcmember *m)
{
	LIST_REMOVE(m, link);
	free(m);
	program(fabric, group);
	if (LIST_EMPTY(&group->members) && !group->permanent)
		drop_group(fabric, group);
}

int multicast_leave(struct fabric *fabric, struct mcgroup *group, const uint8_t gid[16],
		    uint8_t join_state)
{
	struct mcmember *m = multicast_member(group, gid);

	if (!m || !(m->join_state & join_state))
		return -ENOENT;
	m->join_state &= (uint8_t)~join_state;
	if (m->join_state)
		program(fabric, group);
	else
		drop_member(fabric, group, m);
	return 0;
}

/* The group may be gone after this. */
static void forget_in_group(struct fabric *fabric, struct mcgroup *group, unsigned int port)
{
	struct mcmember *m, *next;
	bool last;

	for (m = LIST_FIRST(&group->members); m; m = next) {
		next = LIST_NEXT(m, link);
		if (m->port != port)
			continue;
		last = m == LIST_FIRST(&group->members) && !next;
		drop_member(fabric, group, m);
		if (last)
			return;
	}
}

void multicast_forget(struct fabric *fabric, unsigned int port)
{
	struct mcgroup *group, *next;

	for (group = LIST_FIRST(&fabric->groups); group; group = next) {
		next = LIST_NEXT(group, link);
		forget_in_group(fabric, group, port);
	}
}

void multicast_clear(struct fabric *fabric)
{
	struct mcgroup *group;

	while ((group = LIST_FIRST(&fabric->groups)))
		drop_group(fabric, group);
}

static bool row_is_empty(const uint16_t *row)
{
	unsigned int i;

	for (i = 0; i < MFT_POSITIONS; i++)
		if (row[i])
			return false;
	return true;
}

/*
 * Programs may attach QPs to groups that no SA knows, as the tests of verbs do;
 * a packet of such a group goes to every port and the HCAs filter it. The
 * sender's own port always gets its copy: an HCA loops multicast back inside.
 */
void multicast_route(struct fabric *fabric, unsigned int in, struct packet *pkt)
{
	unsigned int n, index = pkt->dlid - LID_MULTICAST;
	const uint16_t *row = index < MFT_SIZE ? fabric->mft[index] : NULL;
	struct mcgroup *group = multicast_find(fabric, pkt->dgid);
	bool flood = !row || row_is_empty(row) ||
		     (!LIST_EMPTY(&fabric->groups) && (!group || group->mlid != pkt->dlid));

	for (n = 1; n <= fabric->top_port; n++) {
		struct packet copy;

		if (!flood && n != in && !(row[n / 16] & 1u << n % 16))
			continue;
		copy = *pkt;
		fabric_forward(fabric, n, &copy);
	}
}
