// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the look at the port: state, addresses, GIDs, P_Keys, link. Must never know
 * queue pairs.
 */
#include "host-backend/selftest/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host-backend/hca/qp.h"
#include "host-backend/hca/registers.h"
#include "host-backend/selftest/run.h"

enum { PORT = 1, LOOK_MS = 5, PHYS_LINK_UP = 5, PKEY_FULL = 0x8000 };

static const char *state_name(uint8_t state)
{
	static const char *const names[] = { "NOP", "DOWN", "INIT", "ARMED", "ACTIVE" };

	return state <= HCA_PORT_ACTIVE ? names[state] : "in no known state";
}

static const char *speed_name(uint16_t speed)
{
	static const char *const names[] = {
		"SDR", "DDR", "QDR", "FDR10", "FDR", "EDR", "HDR", "NDR",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (speed >> i == 1)
			return names[i];
	return "unknown speed";
}

static unsigned int width_lanes(uint16_t width)
{
	static const unsigned int lanes[] = { 1, 2, 4, 8, 12 };
	unsigned int i;

	for (i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (width >> i == 1)
			return lanes[i];
	return 0;
}

static int wait_active(struct st_run *run, struct hca_port_info *info)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	uint64_t end = st_now_ms() + run->config.port_ms;
	int ret;

	for (;;) {
		ret = hca_port_query(run->hca, PORT, info);
		if (ret)
			return st_fail_command(run, ret, "port");
		if (info->state == HCA_PORT_ACTIVE)
			return 0;
		if (st_now_ms() >= end)
			break;
		nanosleep(&pause, NULL);
	}
	return st_fail(run, -ENETDOWN, "the port is %s after %u ms: %s", state_name(info->state),
		       run->config.port_ms, info->phys_state == PHYS_LINK_UP ?
		       "the link is up, but no subnet manager brought it to ACTIVE; start one" :
		       "no link; connect the port to a switch, or to another port and start a "
		       "subnet manager");
}

/* A full member if there is one. */
static int choose_pkey(struct st_run *run, uint16_t *pkey)
{
	size_t n = hca_port_n_pkeys(run->hca), i, best;
	uint16_t *pkeys = calloc(n, sizeof(*pkeys));
	int ret;

	if (!pkeys)
		return -ENOMEM;
	ret = hca_port_pkeys(run->hca, PORT, pkeys);
	if (ret) {
		st_fail_command(run, ret, "P_Key table");
		goto out;
	}
	for (i = 0, best = n; i < n; i++) {
		if (!pkeys[i])
			continue;
		if (best == n || (pkeys[i] & PKEY_FULL && !(pkeys[best] & PKEY_FULL)))
			best = i;
	}
	if (best == n) {
		ret = st_fail(run, -ENETUNREACH, "the P_Key table is empty");
		goto out;
	}
	*pkey = pkeys[best];
	run->port.pkey_index = (uint16_t)best;
out:
	free(pkeys);
	return ret;
}

static int read_gid(struct st_run *run)
{
	size_t n = hca_port_n_gids(run->hca);
	uint8_t (*gids)[16] = calloc(n, sizeof(*gids));
	int ret;

	if (!gids)
		return -ENOMEM;
	ret = n ? hca_port_gids(run->hca, PORT, gids) : -EIO;
	if (ret)
		st_fail_command(run, ret, "GID table");
	else
		memcpy(run->port.gid, gids[0], sizeof(run->port.gid));
	free(gids);
	return ret;
}

/* The largest MTU that the link takes now. */
static int read_mtu(struct st_run *run)
{
	struct hca_link_mtu mtu;
	uint8_t code = HCA_MTU_256;
	int ret;

	ret = hca_reg_mtu(run->hca, PORT, &mtu);
	if (ret)
		return st_fail_command(run, ret, "MTU register");
	while (code < HCA_MTU_4096 && 256u << code <= mtu.now)
		code++;
	run->port.mtu = code;
	run->port.mtu_bytes = 128u << code;
	return 0;
}

int st_port_wait(struct st_run *run)
{
	struct hca_port_info info;
	struct hca_link link;
	char gid[INET6_ADDRSTRLEN];
	uint16_t pkey = 0;
	int ret;

	ret = wait_active(run, &info);
	if (!ret)
		ret = choose_pkey(run, &pkey);
	if (!ret)
		ret = read_gid(run);
	if (!ret)
		ret = read_mtu(run);
	if (ret)
		return ret;
	ret = hca_reg_link(run->hca, PORT, &link);
	if (ret)
		return st_fail_command(run, ret, "link register");
	run->port.lid = info.lid;
	run->port.grh_required = info.grh_required;
	run->port.active = true;
	inet_ntop(AF_INET6, run->port.gid, gid, sizeof(gid));
	st_note(run, "ACTIVE, LID %u, SM LID %u, GID %s, P_Key 0x%04x, %ux %s, MTU %u%s", info.lid,
		info.sm_lid, gid, pkey, width_lanes(link.width), speed_name(link.speed),
		run->port.mtu_bytes, info.grh_required ? ", GRH required" : "");
	return 0;
}
