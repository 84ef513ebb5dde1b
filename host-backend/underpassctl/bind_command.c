// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command lines of `underpassctl bind` and `underpassctl unbind`. Must
 * never know how a device is moved.
 */
#include <argp.h>
#include <errno.h>

#include "host-backend/underpassctl/arguments.h"
#include "host-backend/underpassctl/bind.h"

struct arguments {
	char bdf[PCI_BDF_SIZE];
	bool force;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case CTL_KEY_FORCE:
		a->force = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->bdf[0])
			argp_error(state, "one device at a time");
		if (pci_bdf_parse(arg, a->bdf))
			argp_error(state, "'%s' is not a PCI address such as 0000:3b:00.0", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which device? Give its PCI address; 'underpassctl probe' lists them");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option bind_options[] = {
	CTL_OPTION_FORCE("Also when a network interface of it is up, a program has it open, or it has virtual "
			 "functions"),
	{ 0 },
};

static const struct argp_option unbind_options[] = {
	CTL_OPTION_FORCE("Also a device that underpassctl did not bind: the kernel chooses the driver"),
	{ 0 },
};

static const struct argp bind_argp = {
	bind_options, parse, "BDF",
	"Take an HCA from the kernel's driver and give it to vfio-pci, until 'underpassctl unbind' or the next "
	"reboot. When a step fails all is put back.\v"
	"Exit status: 0 done, or it was bound already; 3 no such HCA; 5 in use; 7 no permission; 9 no IOMMU; "
	"1 any other failure.",
	NULL, NULL, NULL,
};

static const struct argp unbind_argp = {
	unbind_options, parse, "BDF",
	"Give an HCA back to the driver that it had before 'underpassctl bind'. When a step fails it stays with "
	"vfio-pci.\v"
	"Exit status: 0 done, or nothing to do; 3 no such HCA; 5 held by a process; 7 no permission; 1 any "
	"other failure.",
	NULL, NULL, NULL,
};

int ctl_bind_command(const struct ctl_world *world, int argc, char **argv)
{
	struct arguments a = { 0 };

	if (argp_parse(&bind_argp, argc, argv, 0, NULL, &a))
		return CTL_USAGE;
	return bind_to_vfio(world, a.bdf, a.force);
}

int ctl_unbind_command(const struct ctl_world *world, int argc, char **argv)
{
	struct arguments a = { 0 };

	if (argp_parse(&unbind_argp, argc, argv, 0, NULL, &a))
		return CTL_USAGE;
	return bind_back(world, a.bdf, a.force);
}
