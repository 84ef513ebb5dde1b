/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns options that several commands have. Must never know what a command does
 * with them.
 */
#ifndef UNDERPASSCTL_ARGUMENTS_H
#define UNDERPASSCTL_ARGUMENTS_H

#include <stdbool.h>

enum {
	CTL_KEY_DEVICE = 'd',
	CTL_KEY_JSON = 'j',
	CTL_KEY_FORCE = 'f',
};

#define CTL_OPTION_DEVICE(text) \
	{ "device", CTL_KEY_DEVICE, "DEVICE", 0, text, 0 }
#define CTL_OPTION_JSON \
	{ "json", CTL_KEY_JSON, 0, 0, "Print JSON, for programs", 0 }
#define CTL_OPTION_FORCE(text) \
	{ "force", CTL_KEY_FORCE, 0, 0, text, 0 }

/* For messages about a name that is not one. */
#define CTL_DEVICE_FORMS	"a PCI address such as 0000:3b:00.0, or vfio-user:PATH"

/* PATH of "vfio-user:PATH"; NULL for any other text. */
const char *ctl_vfio_user_path(const char *device);
/* Whether a text has one of these forms. */
bool ctl_names_device(const char *device);

#endif
