/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what one HCA is made of: its rooms and how they hang together. It must
 * never know how a room does its work.
 */
#ifndef HCA_MODEL_HCA_H
#define HCA_MODEL_HCA_H

#include <stdbool.h>
#include <sys/queue.h>

#include "tests/hca-model/cmd/queue.h"
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/mem/dma.h"
#include "tests/hca-model/obj/objects.h"
#include "tests/hca-model/pci/pci.h"

struct model;
struct vfu_server;

struct hca {
	struct model *model;
	const char *name;		/* for logs and the control socket; owned */
	unsigned int index;		/* position in the model, from 0 */
	bool is_vf;			/* presents 15b3:1014 instead of 15b3:1013 */
	bool strict;			/* refuse also what a card leaves undefined */
	bool dead;			/* a fatal error was injected: no command, no DMA */

	struct vfu_server *server;
	struct event *server_event;	/* readiness of the server's fd */
	struct pci pci;
	struct cmd_queue cmdq;
	struct dma dma;
	struct objects obj;
	struct port *port;		/* its place in the fabric; lives with the HCA */

	/* QPs with something to do, see transport/scheduler.c. */
	TAILQ_HEAD(, qp) ready;
};

/**
 * hca_reset - what FLR does: every object, page and pending command is gone
 * @hca: the HCA
 *
 * The DMA map belongs to the IOMMU and stays. The port keeps its link, LID and
 * GUIDs; its consumers (QPs, multicast groups) are gone.
 */
void hca_reset(struct hca *hca);
/* The same without PCI: a driver asked the firmware to start anew. */
void hca_reset_firmware(struct hca *hca);

#endif
