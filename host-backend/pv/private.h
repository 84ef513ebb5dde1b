/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the rooms of one paravirtual device hang together by. Must never be
 * included by anything above them.
 *
 * Locks, outermost first: ring.lock, memory.lock, hca_ioas_lock(), table.lock.
 * adapter.uar_lock, workers.lock, events.lock, vectors.lock and log.lock are
 * innermost, each on its own. No firmware command runs under any of them.
 * adapter.restart_lock is outside of all, and held over the HCA's restart.
 */
#ifndef PV_PRIVATE_H
#define PV_PRIVATE_H

#include "host-backend/pv/adapter.h"
#include "host-backend/pv/commands.h"
#include "host-backend/pv/device.h"
#include "host-backend/pv/events.h"
#include "host-backend/pv/log.h"
#include "host-backend/pv/memory.h"
#include "host-backend/pv/pv.h"
#include "host-backend/pv/ring.h"
#include "host-backend/pv/stats.h"
#include "host-backend/pv/table.h"
#include "host-backend/pv/vectors.h"
#include "host-backend/pv/worker.h"

struct pv {
	struct pv_config config;	/* defaults filled in */
	struct pv_log log;
	struct pv_adapter adapter;
	struct pv_memory memory;
	struct pv_table table;
	struct pv_ring ring;
	struct pv_events events;
	struct pv_vectors vectors;
	struct pv_registers registers;
	struct pv_workers workers;
	struct pv_stats stats;
	struct hv_device device;
};

#endif
