// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the choice of a transport by the name a user gives, and the text of an
 * error. Must never know how any of them works.
 */
#include "host-backend/hca/transport.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host-backend/hca/pci_sysfs.h"
#include "host-backend/hca/vfio.h"

#define VFIO_USER	"vfio-user:"

enum { VFIO_USER_MS = 10000 };

int hca_open_fail(struct hca_open_error *error, int err, const char *device, const char *fmt, ...)
{
	va_list args;
	int n;

	if (!error)
		return err;
	n = snprintf(error->text, sizeof(error->text), "%s: ", device);
	if (n < 0 || n >= (int)sizeof(error->text))
		return err;
	va_start(args, fmt);
	vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, fmt, args);
	va_end(args);
	return err;
}

int hca_transport_open(const char *device, struct hca_transport **out,
		       struct hca_open_error *error)
{
	static const struct hca_vfio_paths paths = { .sysfs = PCI_SYSFS, .dev = "/dev/vfio" };
	char bdf[PCI_BDF_SIZE];

	if (!strncmp(device, VFIO_USER, strlen(VFIO_USER)))
		return hca_vfio_user_open(device + strlen(VFIO_USER), VFIO_USER_MS, out, error);
	if (pci_bdf_parse(device, bdf))
		return hca_open_fail(error, -EINVAL, device,
				     "not a device: give 0000:3b:00.0 or vfio-user:PATH");
	return hca_vfio_open(bdf, &paths, out, error);
}

void hca_transport_close(struct hca_transport *t)
{
	if (t->domain)
		t->domain->ops->destroy(t->domain);
	t->ops->close(t);
}
