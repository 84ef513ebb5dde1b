/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the life of the function: from a silent device to one with capabilities,
 * a UAR and event queues, and back without a trace. It must never know QPs.
 */
#ifndef HCA_CLIENT_BRINGUP_H
#define HCA_CLIENT_BRINGUP_H

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-client/command.h"

enum { HC_EQ_LOG = 7, HC_COMP_EQ_LOG = 10 };

struct hc_eq {
	uint32_t eqn, uar;
	struct hc_mem buf;
	uint8_t log;
	uint32_t ci;			/* free running */
};

struct hc_fw {
	uint8_t cap[cmd_hca_cap__SIZE];	/* current general capabilities */
	uint32_t uar;			/* the driver's own page */
	struct hc_eq cmd, async, comp;	/* on vectors 0, 0 and 1 */
	struct hc_mem *pages;		/* lent to the firmware */
	uint32_t n_pages, room_pages;
	bool enabled, inited, has_uar;
};

/**
 * hc_bringup - ENABLE_HCA up to armed event queues, as the Linux driver does
 * @hc: a fresh connection (or one after a reset)
 *
 * Return: 0 or the first error; hc_teardown() also undoes half a bring-up.
 */
int hc_bringup(struct hc *hc);

/**
 * hc_teardown - the mirror: event queues, UAR, TEARDOWN, all pages back, DISABLE
 * @hc: the connection
 *
 * Return: 0 or the first error; goes on after errors as far as it can. -ENODATA
 * when the firmware kept pages.
 */
int hc_teardown(struct hc *hc);

/* Forget everything about the firmware without a command, as after a reset. */
void hc_forget(struct hc *hc);

/* Bring up to the first half only, for tests: until INIT_HCA would come next. */
int hc_enable(struct hc *hc);

/* @mask: event types of 0..63; 0 for a completion EQ. */
int hc_eq_create(struct hc *hc, unsigned int vector, uint8_t log, uint64_t mask,
		 struct hc_eq *eq);
int hc_eq_destroy(struct hc *hc, struct hc_eq *eq);
/* Take the next event: whether there was one. The consumer index is told, not armed. */
bool hc_eq_poll(struct hc *hc, struct hc_eq *eq, struct eqe *out);
void hc_eq_arm(struct hc *hc, struct hc_eq *eq);

/* Port state and LID by QUERY_HCA_VPORT_CONTEXT; 0 or -errno. */
int hc_port_query(struct hc *hc, uint8_t *state, uint16_t *lid);
/* Wait until the subnet manager has made the port ACTIVE. */
int hc_port_wait_active(struct hc *hc, uint16_t *lid);
int hc_gid_query(struct hc *hc, unsigned int index, uint8_t gid[16]);

#endif
