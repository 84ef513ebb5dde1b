/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what people and monitors are told of a device. Must never know how they
 * ask.
 */
#ifndef PV_REPORT_H
#define PV_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/hca.h"

struct pv;

enum {
	PV_REPORT_KINDS = 10,
	PV_REPORT_RESULTS = 11,
	PV_REPORT_BUCKETS = 24,
};

/**
 * struct pv_report - a device at one moment
 * @identity, @fatal: of the HCA; 0 or its syndrome
 * @restarting: the HCA is being reset: what is counted below it is not known
 * @attached: there is a guest, for @attached_s seconds
 * @status: "ready" ...
 * @guest_bytes: of the guest's memory
 * @registrations, @registered_bytes: of the guest, rings included
 * @maps, @mapped_bytes: in the IOMMU for them, idle ones included
 * @idle_bytes: mapped without need
 * @own_bytes: mapped for the HCA's firmware and queues of the host
 * @quarantined_bytes: bus addresses that are never used again
 * @kinds: objects of each kind
 * @results: commands by what became of them
 * @firmware: commands to the HCA
 */
struct pv_report {
	struct hca_identity identity;
	uint32_t fatal;
	bool restarting, attached;
	uint64_t attached_s;
	const char *status;
	uint64_t guest_bytes, registrations, registered_bytes, maps, mapped_bytes, idle_bytes;
	uint64_t own_bytes, quarantined_bytes;
	struct {
		const char *name;
		uint32_t count, limit;
	} kinds[PV_REPORT_KINDS];
	struct {
		const char *name;
		uint64_t count;
	} results[PV_REPORT_RESULTS];
	struct hca_cmd_stats firmware;
	uint64_t kicks, interrupts, events, events_lost, resets, revoked;
};

/* The loop's. */
void pv_report(struct pv *pv, struct pv_report *report);

/**
 * struct pv_report_command - what was counted of one command
 * @name: as in the contract, e.g. "REG_MR"
 * @count, @failed: ever
 * @ns: that all took together
 * @below: [n]: how many took less than 2^n microseconds and no less than half
 */
struct pv_report_command {
	const char *name;
	uint64_t count, failed, ns;
	uint64_t below[PV_REPORT_BUCKETS];
};

/* Of the @i-th command that there is: false: there are no more. */
bool pv_report_command(struct pv *pv, size_t i, struct pv_report_command *command);

/* One object. */
struct pv_report_object {
	uint32_t number, users;
	uint64_t bytes;			/* registered for it */
	bool lost;			/* the HCA did not confirm its end */
};

/**
 * pv_report_objects() - the objects of one kind, newest first
 * @pv: device
 * @kind: index of pv_report.kinds
 * @out: filled
 * @max: room
 *
 * Return: how many were filled.
 */
size_t pv_report_objects(struct pv *pv, size_t kind, struct pv_report_object *out, size_t max);

#endif
