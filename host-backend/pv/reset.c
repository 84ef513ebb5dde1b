// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the end of a guest, and of objects whose memory went away. Must never
 * know why it comes.
 */
#include "host-backend/pv/reset.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/pv/kinds.h"
#include "host-backend/pv/private.h"

void pv_reset_begin(struct pv *pv)
{
	pv_registers_resetting(pv);
	pv_ring_close(pv);
	pv_memory_revoke(pv);
	pv_workers_wake(pv, PV_WORK_RESET);
}

/*
 * With the HCA unfit nothing is asked of it: it is reset afterwards. One that
 * refuses to let go of an object becomes so, for nobody knows why.
 */
static void end_object(struct pv *pv, struct pv_object *o)
{
	const struct pv_kind_ops *ops = pv_kind_ops(o->kind);
	int err = 0;

	if (pv_adapter_unfit(pv))
		err = -ENODEV;
	else if (ops->destroy)
		err = ops->destroy(pv, o);
	if (err && !pv_adapter_unfit(pv)) {
		pv_log(pv, PV_LOG_ERROR, "an object of the guest cannot be destroyed: %s",
		       strerror(-err));
		pv_adapter_doubt(pv);
	}
	pv_memory_release(pv, o, !err);
	if (err && ops->lost)
		ops->lost(pv, o);
	if (ops->gone)
		ops->gone(pv, o);
	pv_object_remove(pv, o);
}

void pv_reset_run(struct pv *pv)
{
	struct pv_object *o;
	int kind;

	for (kind = PV_KINDS - 1; kind >= 0; kind--)
		while ((o = pv_object_any(pv, (enum pv_kind)kind)))
			end_object(pv, o);
	pv_events_drop(pv);
	/* What the host made for itself because of this guest. */
	if (!pv_adapter_unfit(pv) && hca_umr_rest(pv->adapter.umr))
		pv_adapter_doubt(pv);
	if (pv_adapter_unfit(pv))
		pv_adapter_restart(pv);
	pv_stats_add(&pv->stats.resets, 1);
}

/* Only the guest knows what it wants to do about an object that others stand on. */
static void end_revoked(struct pv *pv, enum pv_kind kind, uint32_t number)
{
	const struct up_event event = {
		.type = htole32(UP_EVENT_REVOKED), .number = htole32(number),
	};
	struct pv_object *o;

	if (!pv_object_claim(pv, kind, number, true, &o)) {
		if (pv_memory_is_revoked(pv, o))
			pv_object_end(pv, o);
		else
			pv_object_unclaim(pv, o);
	}
	pv_stats_add(&pv->stats.revoked, 1);
	pv_ring_event(pv, &event);
}

void pv_reset_revoked(struct pv *pv)
{
	enum pv_kind kind;
	uint32_t number;

	while (pv_memory_next_revoked(pv, &kind, &number))
		end_revoked(pv, kind, number);
}
