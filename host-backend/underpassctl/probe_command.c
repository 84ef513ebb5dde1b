// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command line of `underpassctl probe`. Must never know how an HCA is
 * looked at.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/underpassctl/arguments.h"
#include "host-backend/underpassctl/probe.h"

struct arguments {
	const char *device;
	bool json;
};

static const struct argp_option options[] = {
	CTL_OPTION_DEVICE("Look at this HCA only: a PCI address (0000:3b:00.0), or vfio-user:PATH for one "
			  "that is served on a socket"),
	CTL_OPTION_JSON,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case CTL_KEY_DEVICE:
		a->device = arg;
		return 0;
	case CTL_KEY_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is too much: an HCA is named by --device", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, NULL,
	"Say of each HCA what it is, what state it is in, whether it can be assigned to a guest, and if not "
	"what to do. Changes nothing.\v"
	"Exit status: 0 at least one can be assigned; 3 no HCA; otherwise why it cannot: 4 not bound to "
	"vfio-pci, 5 in use, 6 too little memory may be locked, 7 no permission, 8 IOMMU group shared, "
	"9 no IOMMU, 10 it does not work. See underpassctl(8).",
	NULL, NULL, NULL,
};

int ctl_probe_command(const struct ctl_world *world, int argc, char **argv)
{
	struct arguments a = { 0 };
	struct probe probe;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return CTL_USAGE;
	ret = probe_run(world, a.device, &probe);
	if (ret == -EINVAL) {
		ctl_say(world, "'%s' names no device: give " CTL_DEVICE_FORMS, a.device);
		return CTL_USAGE;
	}
	if (ret) {
		ctl_say(world, "%s", strerror(-ret));
		return CTL_FAILED;
	}
	if (probe.text[0])
		ctl_say(world, "%s", probe.text);
	if (a.json)
		ret = probe_print_json(&probe, world->out);
	else
		probe_print(&probe, world->out);
	if (ret)
		ctl_say(world, "%s", strerror(-ret));
	else
		ret = (int)probe.code;
	probe_release(&probe);
	return ret < 0 ? CTL_FAILED : ret;
}
