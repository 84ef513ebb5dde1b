// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what an HCA and its IOMMU domain say when it is opened. It reads, and
 * must never start the HCA nor map anything.
 */
#include "host-backend/underpassctl/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/iseg.h"
#include "host-backend/hca/pci.h"
#include "host-backend/hca/transport.h"

#define GONE	0xffffffffu

static int copy_caps(const struct iommu_caps *caps, struct probe_hca *hca)
{
	struct iova_range *ranges;

	ranges = calloc(caps->n_ranges + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	if (caps->n_ranges)
		memcpy(ranges, caps->ranges, caps->n_ranges * sizeof(*ranges));
	hca->caps = *caps;
	hca->caps.ranges = ranges;
	hca->map_limit = caps->max_maps;
	return 0;
}

static void read_firmware(struct hca_transport *t, struct probe_hca *hca)
{
	uint32_t rev = t->ops->read32(t, HCA_ISEG_FW_REV);
	uint32_t sub = t->ops->read32(t, HCA_ISEG_CMDIF_FW_SUB);
	struct probe_problem *problem;

	if (rev == GONE || sub == GONE) {
		problem = probe_add_problem(hca, CTL_UNUSABLE);
		snprintf(problem->text, sizeof(problem->text),
			 "its registers cannot be read: the device is gone or dead");
		snprintf(problem->remedy, sizeof(problem->remedy),
			 "see the kernel's log; switch the machine off and on");
		return;
	}
	snprintf(hca->firmware, sizeof(hca->firmware), "%u.%u.%04u", rev & 0xffff, rev >> 16,
		 sub & 0xffff);
	hca->booting = t->ops->read32(t, HCA_ISEG_INITIALIZING) >> 31;
}

static int read_open_hca(struct hca_transport *t, struct probe_hca *hca)
{
	int ret = copy_caps(&t->domain->caps, hca);

	if (!ret) {
		hca->opened = true;
		read_firmware(t, hca);
	}
	return ret;
}

/* What kept us from opening it, as the transport said it. */
static void add_open_problem(struct probe_hca *hca, int err, const struct hca_open_error *error)
{
	static const struct {
		int err;
		enum ctl_exit code;
		const char *remedy;
	} known[] = {
		{ -EBUSY, CTL_IN_USE, "end the process that holds it" },
		{ -EACCES, CTL_NO_PERMISSION, "be root, or the user that the file belongs to" },
		{ 0, CTL_UNUSABLE, "see the kernel's log" },
	};
	struct probe_problem *problem;
	unsigned int i = 0;

	while (known[i].err && known[i].err != err)
		i++;
	problem = probe_add_problem(hca, known[i].code);
	snprintf(problem->text, sizeof(problem->text), "cannot be opened: %s",
		 error->text[0] ? error->text : strerror(-err));
	snprintf(problem->remedy, sizeof(problem->remedy), "%s", known[i].remedy);
}

int probe_open(const struct ctl_world *world, struct probe_hca *hca)
{
	struct hca_open_error error = { 0 };
	struct hca_transport *t;
	int ret;

	ret = world->open(hca->device, &t, &error);
	if (ret == -ENOMEM)
		return ret;
	if (ret) {
		add_open_problem(hca, ret, &error);
		return 0;
	}
	ret = read_open_hca(t, hca);
	hca_transport_close(t);
	return ret;
}

static int identify(struct hca_transport *t, struct probe_hca *hca, struct hca_open_error *error)
{
	struct hca_pci_id id;
	int ret = hca_pci_identify(t, &id);

	if (ret) {
		snprintf(error->text, sizeof(error->text),
			 "%s: its configuration space cannot be read: %s", hca->device,
			 strerror(-ret));
		return -ENODEV;
	}
	if (!id.kind) {
		snprintf(error->text, sizeof(error->text),
			 "%s: %04x:%04x is no HCA of the mlx5 family (ConnectX-4 and later)",
			 hca->device, id.vendor, id.device);
		return -ENODEV;
	}
	hca->pci.vendor = id.vendor;
	hca->pci.device = id.device;
	hca->pci.revision = id.revision;
	hca->kind = id.kind;
	return 0;
}

int probe_open_vfio_user(const struct ctl_world *world, struct probe_hca *hca,
			 struct hca_open_error *error)
{
	struct hca_transport *t;
	int ret;

	ret = world->open(hca->device, &t, error);
	if (ret == -ENOMEM || ret == -ENODEV || ret == -EINVAL)
		return ret;
	if (ret) {
		add_open_problem(hca, ret, error);
		return 0;
	}
	ret = identify(t, hca, error);
	if (!ret)
		ret = read_open_hca(t, hca);
	hca_transport_close(t);
	return ret;
}
