// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns multicast groups of one HCA. It must never know the fabric's groups.
 */
#include "tests/hca-model/obj/mcg.h"

#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/caps.h"
#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/obj/qp.h"

enum { MCG_MAX_QPS = 240 };

struct mcg {
	uint8_t mgid[16];
	uint32_t n;
	struct qp *qp[MCG_MAX_QPS];
	TAILQ_ENTRY(mcg) link;
};

static struct mcg *mcg_find(struct hca *hca, const uint8_t *mgid)
{
	struct mcg *mcg;

	TAILQ_FOREACH(mcg, &hca->obj.mcgs, link)
		if (!memcmp(mcg->mgid, mgid, 16))
			return mcg;
	return NULL;
}

void mcg_each(struct hca *hca, const uint8_t mgid[16], void (*fn)(struct qp *qp, void *arg),
	      void *arg)
{
	struct mcg *mcg = mcg_find(hca, mgid);
	uint32_t i;

	for (i = 0; mcg && i < mcg->n; i++)
		fn(mcg->qp[i], arg);
}

static int mcg_index(const struct mcg *mcg, const struct qp *qp)
{
	uint32_t i;

	for (i = 0; i < mcg->n; i++)
		if (mcg->qp[i] == qp)
			return (int)i;
	return -1;
}

static void mcg_remove(struct hca *hca, struct mcg *mcg, uint32_t index)
{
	mcg->qp[index] = mcg->qp[--mcg->n];
	hca->obj.n_mcg--;
	if (mcg->n)
		return;
	TAILQ_REMOVE(&hca->obj.mcgs, mcg, link);
	free(mcg);
}

void mcg_detach_all(struct hca *hca, struct qp *qp)
{
	struct mcg *mcg, *next;
	int i;

	for (mcg = TAILQ_FIRST(&hca->obj.mcgs); mcg; mcg = next) {
		next = TAILQ_NEXT(mcg, link);
		i = mcg_index(mcg, qp);
		if (i >= 0)
			mcg_remove(hca, mcg, (uint32_t)i);
	}
}

static uint32_t mcg_count(const struct hca *hca)
{
	const struct mcg *mcg;
	uint32_t n = 0;

	TAILQ_FOREACH(mcg, &hca->obj.mcgs, link)
		n++;
	return n;
}

enum cmd_status cmd_attach_mcg(struct cmd *cmd)
{
	const uint8_t *mgid = cmd->in + attach_to_mcg_in__multicast_gid__BYTE;
	struct qp *qp = qp_get(cmd->hca, (uint32_t)ifc_get(cmd->in, attach_to_mcg_in__qpn));
	struct mcg *mcg = mcg_find(cmd->hca, mgid);

	if (!qp || qp->type != QP_UD)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such UD QP");
	if (mgid[0] != 0xff)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "not a multicast GID");
	if (mcg && mcg_index(mcg, qp) >= 0)
		return CMD_OK;
	if (mcg && mcg->n == MCG_MAX_QPS)
		return CMD_REFUSE(cmd, CMD_EXCEED_LIM, "too many QPs in the group");
	if (!mcg && mcg_count(cmd->hca) >= 1u << CAP_LOG_MAX_MCG)
		return CMD_REFUSE(cmd, CMD_EXCEED_LIM, "too many groups");
	if (!mcg) {
		mcg = calloc(1, sizeof(*mcg));
		if (!mcg)
			return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
		memcpy(mcg->mgid, mgid, 16);
		TAILQ_INSERT_TAIL(&cmd->hca->obj.mcgs, mcg, link);
	}
	mcg->qp[mcg->n++] = qp;
	cmd->hca->obj.n_mcg++;
	return CMD_OK;
}

enum cmd_status cmd_detach_mcg(struct cmd *cmd)
{
	const uint8_t *mgid = cmd->in + detach_from_mcg_in__multicast_gid__BYTE;
	struct qp *qp = qp_get(cmd->hca, (uint32_t)ifc_get(cmd->in, detach_from_mcg_in__qpn));
	struct mcg *mcg = mcg_find(cmd->hca, mgid);
	int i = qp && mcg ? mcg_index(mcg, qp) : -1;

	if (i < 0)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "not attached");
	mcg_remove(cmd->hca, mcg, (uint32_t)i);
	return CMD_OK;
}
