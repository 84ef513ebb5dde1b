/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the HCA side of the device: the HCA, what every guest's queue pairs need
 * of it, and the pool of UAR pages. Must never know the guest.
 */
#ifndef PV_ADAPTER_H
#define PV_ADAPTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/defaults.h"
#include "host-backend/hca/eq.h"
#include "host-backend/hca/hca.h"
#include "host-backend/hca/uar.h"
#include "host-backend/hca/umr.h"
#include "hv/device.h"

struct pv;

/**
 * struct pv_adapter - the HCA side
 * @hca: up
 * @eq: for the CQ among @defaults, and that of @umr
 * @umr: how keys are changed
 * @uars: under @uar_lock
 * @pages: all pages of @uars, ascending; the first one is at the start of the window
 * @areas: of the window that can be mapped
 * @doubt: the HCA may have objects that we do not know of: it must be reset
 *	before the next guest
 * @restart_lock: held while the HCA is reset, when it has no queue to ask
 * @next_pages, @next_variant: numbers of our own to give
 */
struct pv_adapter {
	struct hca *hca;
	struct hca_eq *eq;
	struct hca_defaults defaults;
	struct hca_umr *umr;
	pthread_mutex_t uar_lock, restart_lock;
	struct hca_uar_pool *uars;
	uint32_t *pages;
	struct hv_area *areas;
	_Atomic bool doubt;
	_Atomic uint32_t next_pages, next_variant;
};

/* Errors of pv_create(). */
int pv_adapter_open(struct pv *pv, struct hca_transport *transport, struct hca_open_error *error);
/* No object of the guest is left, nothing registered. */
void pv_adapter_close(struct pv *pv, struct hca_close_report *report);

/* Whether the HCA is dead or in doubt. */
bool pv_adapter_unfit(struct pv *pv);
void pv_adapter_doubt(struct pv *pv);
/* Reset the HCA and bring it up again; no command is under way. -errno: it stays unfit. */
int pv_adapter_restart(struct pv *pv);

/* What was counted of firmware commands. False: not now, the HCA is being reset. */
bool pv_adapter_firmware(struct pv *pv, struct hca_cmd_stats *stats);

/* uar.c: the window of the UAR pages; refers to @areas. 0, -ENOMEM. */
int pv_uar_window(struct pv *pv, struct hv_bar *bar);
/* uar.c: a trapped write into it. */
void pv_uar_write(struct pv *pv, uint64_t off, const void *buf, size_t len);

#endif
