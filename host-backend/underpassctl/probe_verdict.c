// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the facts from sysfs say against an HCA, and the remedies. Must
 * never know how facts are found out or shown.
 */
#include "host-backend/underpassctl/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/underpassctl/text.h"
#include "host-backend/underpassctl/users.h"

struct probe_problem *probe_add_problem(struct probe_hca *hca, enum ctl_exit code)
{
	/* Each check adds one at most, and there are fewer checks than room. */
	struct probe_problem *problem = &hca->problems[hca->n_problems++];

	problem->code = code;
	if (code > hca->code)
		hca->code = code;
	return problem;
}

/* Fields of a new problem are empty. Too long a text is cut. */
#define SET(field, ...)	ctl_append((field), sizeof(field), __VA_ARGS__)

static bool is_noiommu(const struct ctl_world *world, int group)
{
	char name[32];

	ctl_read_line(name, sizeof(name), "%s/kernel/iommu_groups/%d/name", world->sysfs, group);
	return !strcmp(name, "vfio-noiommu");
}

static bool judge_iommu(const struct ctl_world *world, struct probe_hca *hca)
{
	struct probe_problem *problem;

	if (hca->pci.group >= 0 && !is_noiommu(world, hca->pci.group))
		return true;
	problem = probe_add_problem(hca, CTL_NO_IOMMU);
	if (hca->pci.group < 0 && pci_sysfs_has_iommu(world->sysfs)) {
		SET(problem->text, "no IOMMU stands before it, though this machine has one");
		SET(problem->remedy, "move the card to another slot");
	} else {
		SET(problem->text, "the IOMMU is off");
		SET(problem->remedy, "switch on VT-d or AMD-Vi in the firmware set-up, add intel_iommu=on "
		    "(Intel) to the kernel's command line or take amd_iommu=off away (AMD), and reboot");
	}
	return false;
}

static void judge_driver(struct probe_hca *hca)
{
	struct probe_problem *problem;

	if (pci_driver_is_vfio(hca->pci.driver))
		return;
	problem = probe_add_problem(hca, CTL_NOT_BOUND);
	if (hca->pci.driver[0])
		SET(problem->text, "bound to the kernel's driver %s", hca->pci.driver);
	else
		SET(problem->text, "not bound to vfio-pci");
	SET(problem->remedy, "underpassctl bind %s", hca->pci.bdf);
}

/* HCAs that are in the way can be bound as well; other devices are not ours to judge. */
static void judge_group(struct probe_hca *hca)
{
	struct probe_problem *problem;
	const char *before = "";
	bool others = false;
	size_t i;

	for (i = 0; i < hca->n_members && !pci_sysfs_in_the_way(&hca->members[i]); i++)
		;
	if (i == hca->n_members)
		return;
	problem = probe_add_problem(hca, CTL_GROUP_SHARED);
	SET(problem->text, "its IOMMU group %d is shared with ", hca->pci.group);
	for (; i < hca->n_members; i++) {
		const struct pci_sysfs_device *member = &hca->members[i];

		if (!pci_sysfs_in_the_way(member))
			continue;
		ctl_append(problem->text, sizeof(problem->text), "%s%s (%s)", before,
			   member->bdf, member->driver);
		before = ", ";
		if (hca_pci_kind(member->vendor, member->device))
			ctl_append(problem->remedy, sizeof(problem->remedy), "%sunderpassctl bind %s",
				   problem->remedy[0] ? "; " : "", member->bdf);
		else
			others = true;
	}
	if (others)
		ctl_append(problem->remedy, sizeof(problem->remedy), "%smove the card to a slot with a group "
			   "of its own, or take those that are no HCAs from their drivers",
			   problem->remedy[0] ? "; " : "");
}

/* Only where the group's file exists: without a driver of VFIO's it does not. */
static void judge_file(const struct ctl_world *world, struct probe_hca *hca)
{
	struct probe_problem *problem;
	char path[PATH_MAX], users[256] = "";

	if (!pci_driver_is_vfio(hca->pci.driver) ||
	    snprintf(path, sizeof(path), "%s/vfio/%d", world->dev, hca->pci.group) >=
		    (int)sizeof(path))
		return;
	if (ctl_users(world->proc, path, users, sizeof(users))) {
		problem = probe_add_problem(hca, CTL_IN_USE);
		SET(problem->text, "its IOMMU group %d is held by %s", hca->pci.group, users);
		SET(problem->remedy, "end that first");
	}
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) && errno == EACCES) {
		problem = probe_add_problem(hca, CTL_NO_PERMISSION);
		SET(problem->text, "no right to open %s", path);
		SET(problem->remedy, "give that file to the user that underpassd runs as, or be root");
	}
}

static void judge_memlock(const struct ctl_world *world, struct probe_hca *hca)
{
	struct probe_problem *problem;
	char limit[CTL_SIZE_TEXT], own[CTL_SIZE_TEXT];

	if (world->memlock > PROBE_OWN_MEMORY)
		return;
	problem = probe_add_problem(hca, CTL_MEMLOCK);
	SET(problem->text, "only %s of memory may be locked; %s are for the HCA, nothing is left for a guest",
	    ctl_size_text(world->memlock, limit), ctl_size_text(PROBE_OWN_MEMORY, own));
	SET(problem->remedy, "raise the limit by the memory that guests may register: ulimit -l in a shell, "
	    "LimitMEMLOCK= in a systemd unit");
}

void probe_judge(const struct ctl_world *world, struct probe_hca *hca)
{
	if (judge_iommu(world, hca)) {
		judge_group(hca);
		judge_file(world, hca);
	}
	judge_memlock(world, hca);
	judge_driver(hca);
}
