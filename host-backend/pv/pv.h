/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the paravirtual device as a whole: an HCA on one side, a device for a
 * guest (hv/device.h) on the other. Must never know which hypervisor shows it,
 * nor how the HCA is reached.
 *
 * Threads: the functions here and what struct hv_device_ops calls belong to one
 * thread, the loop. Guest commands are carried out by workers of our own, so
 * that the loop never waits for the HCA.
 */
#ifndef PV_PV_H
#define PV_PV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/hca.h"
#include "hv/device.h"
#include "iommu/registration.h"

struct pv;

/**
 * struct pv_limits - what one guest may have; 0: the default
 * @uars: pages of the UAR window; allocated when the device is made
 * @pds, @xrcds, @pages, @mrs, @eqs, @cqs, @srqs, @qps: objects
 * @mcasts: attachments of queue pairs to multicast groups
 * @bytes: registered, rings included; default: no limit
 * @mr_bytes: of one memory region; default: no limit
 * @runs: of one list of pages
 * @commands_per_second: more wait; default: no limit
 */
struct pv_limits {
	uint32_t uars, pds, xrcds, pages, mrs, eqs, cqs, srqs, qps, mcasts;
	uint64_t bytes, mr_bytes;
	uint32_t runs;
	uint32_t commands_per_second;
};

enum pv_log_level { PV_LOG_ERROR, PV_LOG_WARNING, PV_LOG_NOTE };

/**
 * struct pv_config - how to run a device; 0: the default
 * @limits: see there
 * @policy, @granule, @fall_back, @idle_bytes, @idle_ms: of registrations, see
 *	struct iommu_registrar_config
 * @n_vectors: MSI-X vectors of the device, at most the HCA's
 * @n_workers: commands under way at the same time
 * @command_ms: time limit of a firmware command
 * @spin_us: for so long at most the last worker looks at the ring before it sleeps;
 *	as long as kicks have shown to be of use
 * @log: lines that a guest can cause are rate-limited and hold no text of it; NULL: none
 * @idle: lazy, granule: something idles: call pv_tick() soon; from any thread
 * @ctx: first argument of both
 */
struct pv_config {
	struct pv_limits limits;
	enum iommu_policy policy;
	uint64_t granule, idle_bytes;
	unsigned int idle_ms;
	bool fall_back;
	unsigned int n_vectors, n_workers, command_ms, spin_us;
	void (*log)(void *ctx, enum pv_log_level level, const char *message);
	void (*idle)(void *ctx);
	void *ctx;
};

/**
 * pv_create() - bring the HCA up and a device upon it
 * @transport: taken over in every case
 * @config: copied
 * @out: the device; no guest is there
 * @error: which step failed and why; may be NULL
 *
 * Return: 0; -EINVAL for an impossible configuration; errors of hca_open().
 */
int pv_create(struct hca_transport *transport, const struct pv_config *config,
	      struct pv **out, struct hca_open_error *error);

/**
 * pv_destroy() - all the way back
 * @pv: device that nothing shows any more; NULL is ignored
 * @report: how it went; may be NULL
 *
 * What the guest left is destroyed. Waits for the HCA, within its time limits.
 */
void pv_destroy(struct pv *pv, struct hca_close_report *report);

/* What to show to a guest; lives as long as @pv. */
const struct hv_device *pv_device(const struct pv *pv);

/* Unmap what has idled too long. Milliseconds until it is due again, -1: not before @idle is called. */
int pv_tick(struct pv *pv);

#endif
