/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one HCA: bring-up, teardown, identity, capabilities, health. Must never
 * know guests, nor what the objects made on it are for.
 *
 * Locking: everything of iommu/ that belongs to this HCA's address space is
 * called with hca_ioas_lock() held; the HCA's own allocations take it, too: so
 * nothing of hca/ is called with it held, a command least of all.
 */
#ifndef HCA_HCA_H
#define HCA_HCA_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/command.h"
#include "host-backend/hca/dma.h"
#include "host-backend/hca/transport.h"
#include "iommu/ioas.h"

struct hca;

/*
 * What befell the HCA; told in its event thread, which must not be kept waiting
 * nor run commands.
 */
enum hca_event_type {
	HCA_EVENT_QP,			/* number, type = firmware event type */
	HCA_EVENT_SRQ,
	HCA_EVENT_CQ,			/* syndrome */
	HCA_EVENT_PORT,			/* type = sub-type (4: active, 1: down ...) */
	HCA_EVENT_PAGES_FAILED,		/* a page request could not be met */
	HCA_EVENT_FATAL,		/* the HCA is dead until a reset; syndrome of the health buffer */
};

struct hca_event {
	enum hca_event_type type;
	uint8_t fw_type, fw_subtype;
	uint32_t number;
	uint32_t syndrome;
};

/* Why an HCA is dead where its health buffer (syndromes up to 0xff) does not say it. */
enum hca_syndrome {
	HCA_SYNDROME_GONE = 0x100,	/* registers read as all ones */
	HCA_SYNDROME_DISABLED,		/* the NIC interface was disabled or reset under us */
	HCA_SYNDROME_STUCK,		/* the health counter stands still */
};

/**
 * struct hca_config - how to run an HCA
 * @command_ms: time limit of a command, 0: 60000
 * @bringup_ms: limit for the firmware to get ready, 0: 120000
 * @health_ms: between looks at the health counter, 0: 2000
 * @event: told of events, may be NULL
 * @ctx: its first argument
 */
struct hca_config {
	unsigned int command_ms, bringup_ms, health_ms;
	void (*event)(void *ctx, const struct hca_event *event);
	void *ctx;
};

/**
 * hca_open() - from a silent device to one that takes verbs
 * @transport: from hca_transport_open(); taken over on success
 * @config: copied; NULL: all defaults
 * @out: the HCA
 * @error: which step failed and why (for commands: name, status, syndrome); may be NULL
 *
 * Resets the function, ENABLE_HCA, ISSI 1, boot pages, capabilities, init
 * pages, INIT_HCA, UAR, event queues (polling until the command EQ is there);
 * bus mastering on once the command queue is mapped; No-Snoop off
 * where DMA is not coherent by itself. On error everything is undone, and the
 * transport is good for its close() only: its domain is gone (NULL) if it got
 * that far. Events are told from the end of this call on.
 *
 * Return: 0; -ETIMEDOUT, -ENODEV, -EOPNOTSUPP (no ISSI 1, not this kind of
 * device, DMA that cannot be made coherent); errors of hca_cmd().
 */
int hca_open(struct hca_transport *transport, const struct hca_config *config,
	     struct hca **out, struct hca_open_error *error);

/* What hca_close() found. */
struct hca_close_report {
	int err;			/* first error, 0: a clean teardown */
	char step[160];			/* where it happened, in words; "": nowhere */
	uint64_t pages_kept;		/* by the firmware after TEARDOWN_HCA */
	uint64_t maps_left;		/* in the IOMMU after everything was unmapped */
};

/**
 * hca_close() - all the way back
 * @hca: HCA whose objects were destroyed; freed, with its transport
 * @report: how it went; may be NULL
 *
 * Event queues, UAR, TEARDOWN_HCA, all pages back, DISABLE_HCA, bus mastering
 * off, interrupts off, memory unmapped. A dead device is reset instead; in
 * any case a reset precedes the unmapping of what it may still use.
 */
void hca_close(struct hca *hca, struct hca_close_report *report);

/**
 * hca_restart() - from whatever state through a reset to a new bring-up
 * @hca: HCA, dead or alive; no command is under way and none is sent meanwhile
 * @error: as of hca_open(); may be NULL
 *
 * All objects are gone, whoever made them, and all memory of hca_dma() with
 * them. Transport and address space stay, with what others mapped there.
 *
 * Return: 0; errors of hca_open(): it is dead, and may be restarted again or
 * closed.
 */
int hca_restart(struct hca *hca, struct hca_open_error *error);

struct ioas *hca_ioas(struct hca *hca);
void hca_ioas_lock(struct hca *hca);
void hca_ioas_unlock(struct hca *hca);
struct hca_dma *hca_dma(struct hca *hca);
struct hca_transport *hca_transport(struct hca *hca);

struct hca_identity {
	uint16_t vendor, device;	/* PCI */
	bool is_vf;
	uint16_t fw_major, fw_minor, fw_sub;
	char psid[17];
	unsigned int n_ports;
};
void hca_identity(const struct hca *hca, struct hca_identity *identity);
/* The current general capabilities, a cmd_hca_cap of ifc/caps.h. */
const uint8_t *hca_caps(const struct hca *hca);
/* The same of atomic operations, an atomic_caps; NULL: there are none. */
const uint8_t *hca_caps_atomic(const struct hca *hca);
/* 0, or why it is dead: the health buffer's syndrome or enum hca_syndrome. Once and for all. */
uint32_t hca_fatal(const struct hca *hca);
/* "firmware internal error" */
const char *hca_fatal_text(uint32_t syndrome);
uint64_t hca_pages_lent(struct hca *hca);
/* The UAR page that the driver's own EQs use. */
uint32_t hca_own_uar(const struct hca *hca);

#endif
