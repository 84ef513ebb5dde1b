// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns event queues in guest memory: completions, and nothing else, raise the
 * guest's vectors through them. Must never know completion queues.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/pages.h"
#include "host-backend/pv/private.h"

static enum up_result check(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_eq *in = (const void *)cmd->in;
	uint32_t log_size = le32toh(in->log_size), vector = le32toh(in->vector);

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_create_eq, reserved));
	if (log_size < HCA_EQ_MIN_LOG || log_size > HCA_EQ_MAX_LOG ||
	    log_size > ifc_get(hca_caps(pv->adapter.hca), cmd_hca_cap__log_max_eq_sz))
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_eq, log_size));
	if (!vector || vector >= pv->config.n_vectors)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_eq, vector));
	return UP_OK;
}

/* Its pages as hca_eq_create_at() wants them. */
static int create(struct pv *pv, const struct up_create_eq *in, const struct hca_ring *ring,
		  uint32_t *eqn)
{
	struct hca_eq_attr attr = {
		.vector = le32toh(in->vector), .log_size = (uint8_t)le32toh(in->log_size),
		.uar = le32toh(in->uar), .mask = 0,
	};
	struct hca_pas pas;
	uint64_t *pages;
	uint64_t i;
	int err;

	err = hca_ring_plan(ring, ring->bytes, HCA_RING_UNITS, &pas);
	if (!err && pas.n > HCA_EQ_MAX_PAS)
		err = -EMSGSIZE;
	if (err)
		return err;
	pages = calloc(pas.n, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	hca_pas_write(&pas, pages, 0);
	for (i = 0; i < pas.n; i++)
		pages[i] = be64toh(pages[i]);
	attr.log_page = pas.log_page;
	attr.page_offset = hca_pas_units(&pas);
	attr.pas = pages;
	attr.n_pas = pas.n;
	err = hca_eq_create_at(pv->adapter.hca, &attr, eqn);
	free(pages);
	return err;
}

enum up_result pv_eq_create(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_eq *in = (const void *)cmd->in;
	struct pv_object *o;
	struct hca_ring ring;
	enum up_result result = check(pv, cmd);
	uint32_t eqn = 0;
	int err;

	if (result)
		return result;
	result = pv_object_new(pv, PV_EQ, sizeof(*o), &o);
	if (result)
		return result;
	if (pv_object_use(pv, o, PV_UAR, le32toh(in->uar), NULL))
		return pv_object_abort(pv, o, pv_refuse(cmd, UP_BAD_OBJECT,
							offsetof(struct up_create_eq, uar)));
	result = pv_pages_ring(pv, cmd, offsetof(struct up_create_eq, ring),
			       IOMMU_READ | IOMMU_WRITE,
			       sizeof(struct eqe) << le32toh(in->log_size), o, &ring);
	if (result)
		return pv_object_abort(pv, o, result);
	err = create(pv, in, &ring, &eqn);
	return pv_object_finish(pv, cmd, o, err, eqn);
}

static int eq_destroy(struct pv *pv, struct pv_object *o)
{
	return hca_eq_destroy_at(pv->adapter.hca, o->number);
}

const struct pv_kind_ops pv_eq_ops = { .destroy = eq_destroy };
