/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what one HCA is made of, for the files that bring it up, watch it and
 * take it down. Must never be included by anything above them.
 */
#ifndef HCA_PRIVATE_H
#define HCA_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/cmdq.h"
#include "host-backend/hca/eq.h"
#include "host-backend/hca/hca.h"
#include "host-backend/hca/ifc/caps.h"

struct hca_events;
struct hca_pages;

/*
 * Life: hca_open() fills it from the top, hca_close() empties it from the
 * bottom. What is NULL or false was not reached.
 */
struct hca {
	struct hca_config config;		/* no zeros: defaults are filled in */
	struct hca_transport *transport;
	struct ioas *ioas;
	pthread_mutex_t ioas_lock;
	struct hca_dma *dma;
	struct hca_cmdq *cmdq;
	struct hca_pages *pages;
	struct hca_events *events;

	/* bringup.c */
	bool enabled, inited, has_uar;
	uint32_t uar;
	struct hca_eq *eq_cmd, *eq_async, *eq_pages;
	struct hca_identity identity;
	uint8_t caps[cmd_hca_cap__SIZE];
	bool has_atomic;
	uint8_t caps_atomic[atomic_caps__SIZE];
	char why[160];				/* of a step that failed other than by a command */

	_Atomic uint32_t fatal;			/* see hca_fatal() */
};

/*
 * The HCA is dead until a reset: the first syndrome stays, commands end, the
 * owner is told by the event thread. From any thread.
 */
void hca_fatal_set(struct hca *hca, uint32_t syndrome);

/* The calling thread's last error is of no interest any more. */
void hca_cmd_forget(void);

/* Remembers why a step failed, for the message. Returns @err. */
int hca_step_failed(struct hca *hca, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* From a reset function to armed event queues; bringup.c. Errors of hca_open(); @what: the step. */
int hca_bringup(struct hca *hca, const char **what);
/*
 * The mirror of whatever was reached, as far as the HCA is alive, and a reset.
 * Fills @report. bringdown.c.
 */
void hca_bringdown(struct hca *hca, struct hca_close_report *report);

#endif
