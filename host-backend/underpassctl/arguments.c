// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what several commands want to know of their arguments. Must never know
 * what a command does with them.
 */
#include "host-backend/underpassctl/arguments.h"

#include <string.h>

#include "host-backend/hca/pci_sysfs.h"

const char *ctl_vfio_user_path(const char *device)
{
	static const char prefix[] = "vfio-user:";
	size_t n = strlen(prefix);

	return !strncmp(device, prefix, n) && device[n] ? device + n : NULL;
}

bool ctl_names_device(const char *device)
{
	char bdf[PCI_BDF_SIZE];

	return ctl_vfio_user_path(device) || !pci_bdf_parse(device, bdf);
}
