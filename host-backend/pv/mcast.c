// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns memberships of the guest's datagram queue pairs in multicast groups.
 * Must never know who joined a group in the fabric.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/mcg.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/private.h"
#include "host-backend/pv/qp.h"

enum { MULTICAST = 0xff };		/* first byte of such a GID */

static bool count_up(struct pv_table *t)
{
	bool room;

	pthread_mutex_lock(&t->lock);
	room = t->mcasts < t->max_mcasts;
	t->mcasts += room;
	pthread_mutex_unlock(&t->lock);
	return room;
}

static void count_down(struct pv_table *t)
{
	pthread_mutex_lock(&t->lock);
	t->mcasts--;
	pthread_mutex_unlock(&t->lock);
}

static struct pv_mcast *find(const struct pv_qp *qp, const uint8_t gid[16])
{
	struct pv_mcast *m;

	LIST_FOREACH(m, &qp->mcasts, entry)
		if (!memcmp(m->gid, gid, sizeof(m->gid)))
			return m;
	return NULL;
}

static void drop(struct pv *pv, struct pv_mcast *m)
{
	LIST_REMOVE(m, entry);
	free(m);
	count_down(&pv->table);
}

/* A new entry of the list, for a membership that is yet to be. */
static enum up_result add(struct pv *pv, struct pv_qp *qp, const uint8_t gid[16],
			  struct pv_mcast **out)
{
	struct pv_mcast *m;

	if (!count_up(&pv->table))
		return UP_QUOTA;
	m = calloc(1, sizeof(*m));
	if (!m) {
		count_down(&pv->table);
		return UP_NO_RESOURCES;
	}
	memcpy(m->gid, gid, sizeof(m->gid));
	LIST_INSERT_HEAD(&qp->mcasts, m, entry);
	*out = m;
	return UP_OK;
}

static enum up_result attach(struct pv *pv, struct pv_command *cmd, struct pv_qp *qp)
{
	const struct up_mcast *in = (const void *)cmd->in;
	struct pv_mcast *m = find(qp, in->gid);
	enum up_result result = UP_OK;
	int err;

	if (m && m->sure)
		return UP_OK;
	if (!m)
		result = add(pv, qp, in->gid, &m);
	if (result)
		return result;
	err = hca_mcg_attach(pv->adapter.hca, qp->o.number, m->gid);
	m->sure = !err;
	if (!err)
		return UP_OK;
	if (!hca_cmd_unsure(err))
		drop(pv, m);
	return pv_hca_result(pv, cmd, err);
}

static enum up_result detach(struct pv *pv, struct pv_command *cmd, struct pv_qp *qp)
{
	const struct up_mcast *in = (const void *)cmd->in;
	struct pv_mcast *m = find(qp, in->gid);
	int err;

	if (!m)
		return pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_mcast, gid));
	err = hca_mcg_detach(pv->adapter.hca, qp->o.number, m->gid);
	if (err == -EREMOTEIO && !m->sure)
		err = 0;		/* it was not in the group after all */
	if (err) {
		m->sure = m->sure && !hca_cmd_unsure(err);
		return pv_hca_result(pv, cmd, err);
	}
	drop(pv, m);
	return UP_OK;
}

static enum up_result with_qp(struct pv *pv, struct pv_command *cmd,
			      enum up_result (*fn)(struct pv *, struct pv_command *, struct pv_qp *))
{
	const struct up_mcast *in = (const void *)cmd->in;
	struct pv_object *o;
	enum up_result result;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_mcast, reserved));
	if (in->gid[0] != MULTICAST)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_mcast, gid));
	result = pv_object_claim(pv, PV_QP, le32toh(in->qpn), false, &o);
	if (result)
		return result;
	if (((struct pv_qp *)o)->attr.type == HCA_QP_UD)
		result = fn(pv, cmd, (struct pv_qp *)o);
	else
		result = pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_mcast, qpn));
	pv_object_unclaim(pv, o);
	return result;
}

enum up_result pv_mcast_attach(struct pv *pv, struct pv_command *cmd)
{
	return with_qp(pv, cmd, attach);
}

enum up_result pv_mcast_detach(struct pv *pv, struct pv_command *cmd)
{
	return with_qp(pv, cmd, detach);
}

void pv_mcast_forget(struct pv *pv, struct pv_qp *qp)
{
	struct pv_mcast *m;

	while ((m = LIST_FIRST(&qp->mcasts)))
		drop(pv, m);
}
