// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the way back from whatever bring-up reached. Must never know objects but
 * its own queues.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host-backend/hca/events.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/pages.h"
#include "host-backend/hca/pci.h"
#include "host-backend/hca/private.h"
#include "host-backend/hca/uar.h"

/* The first thing that went wrong stays. Returns @err. */
static int note(struct hca *hca, struct hca_close_report *report, int err, const char *what)
{
	const struct hca_cmd_error *last = hca_cmd_last_error(hca);
	char text[128];

	if (!err || report->err)
		return err;
	report->err = err;
	if (last->err == err)
		hca_cmd_error_text(last, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s", strerror(-err));
	snprintf(report->step, sizeof(report->step), "%s: %s", what, text);
	return err;
}

static void eq_gone(struct hca *hca, struct hca_close_report *report, struct hca_eq **eq,
		    const char *what)
{
	if (!*eq)
		return;
	hca_events_remove(hca->events, *eq);
	note(hca, report, hca_eq_destroy(*eq), what);
	*eq = NULL;
}

/* What the firmware still has of ours; false: it will not let go of it by commands. */
static bool commands(struct hca *hca, struct hca_close_report *report)
{
	if (hca->has_uar)
		note(hca, report, hca_uar_dealloc(hca, hca->uar), "UAR page");
	if (hca->inited &&
	    note(hca, report, hca_cmd_simple(hca, HCA_OP_TEARDOWN_HCA, 0, 0), "teardown"))
		return false;
	if (!hca->enabled)
		return true;
	note(hca, report, hca_pages_take_all(hca->pages), "taking pages back");
	return !note(hca, report, hca_cmd_simple(hca, HCA_OP_DISABLE_HCA, 0, 0), "disabling");
}

/* DMA ends here, whatever the device thinks. */
static void silence(struct hca *hca, struct hca_close_report *report)
{
	struct hca_transport *t = hca->transport;
	int err = hca_pci_bus_master(t, false);

	/* It does not take while the device is gone: the reset decides. */
	if (err != -ENODEV)
		note(hca, report, err, "bus mastering off");
	note(hca, report, t->ops->reset(t), "reset");
}

void hca_bringdown(struct hca *hca, struct hca_close_report *report)
{
	uint32_t fatal = hca_fatal(hca);

	if (fatal) {
		report->err = -ENODEV;
		snprintf(report->step, sizeof(report->step), "the HCA was dead: %s",
			 hca_fatal_text(fatal));
	}
	hca_pages_quiesce(hca->pages);
	eq_gone(hca, report, &hca->eq_pages, "EQ of page requests");
	eq_gone(hca, report, &hca->eq_async, "EQ of asynchronous events");
	if (hca->eq_cmd)
		hca_cmdq_use_events(hca->cmdq, false);
	eq_gone(hca, report, &hca->eq_cmd, "EQ of commands");
	if (hca->cmdq && !fatal)
		commands(hca, report);
	report->pages_kept = hca_pages_count(hca->pages);
	hca_events_interrupts(hca->events, false);
	hca_events_destroy(hca->events);
	hca->events = NULL;
	silence(hca, report);
}
