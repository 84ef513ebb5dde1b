/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what `underpassctl probe` finds out about HCAs and its verdict. Must
 * never know how it is shown, nor change anything.
 */
#ifndef UNDERPASSCTL_PROBE_H
#define UNDERPASSCTL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "host-backend/hca/pci.h"
#include "host-backend/hca/pci_sysfs.h"
#include "host-backend/underpassctl/ctl.h"
#include "iommu/domain.h"

enum {
	PROBE_MAX_PORTS = 8,
	PROBE_MAX_PROBLEMS = 8,
};

/*
 * Locked memory that underpassd needs beside that of the guest: firmware pages,
 * queues, mailboxes. An allowance; the firmware says how many pages it wants
 * only when it is started.
 */
#define PROBE_OWN_MEMORY	(64ull << 20)

/* As the kernel's RDMA device says it, all may be "". */
struct probe_port {
	unsigned int number;
	char state[24];			/* "ACTIVE" */
	char physical[24];		/* "LinkUp" */
	char link_layer[24];		/* "InfiniBand" */
	char rate[48];			/* "100 Gb/sec (4X EDR)" */
};

struct probe_problem {
	enum ctl_exit code;
	char text[512];			/* what is wrong */
	char remedy[512];		/* what to do about it */
};

/**
 * struct probe_hca - one HCA
 * @device: as the user would name it: PCI address, "vfio-user:PATH"
 * @vfio_user: the latter; there is no IOMMU then, and nothing is locked
 * @kind: which product; NULL: not known, as it could not be opened
 * @pci: facts from sysfs; of a vfio-user HCA only vendor, device and revision
 * @ports: their state, when a kernel driver has them
 * @n_ports: how many
 * @members: the other devices of its IOMMU group
 * @n_members: how many
 * @opened: it could be opened: what follows up to @ranges is known
 * @firmware: "" = unknown; also known from the kernel's driver
 * @booting: its firmware is not ready yet
 * @caps: of its IOMMU domain; ranges owned by this
 * @map_limit: mappings that a process may have, UINT64_MAX: unknown or none
 * @problems: why it cannot be assigned
 * @n_problems: 0: it can
 * @code: CTL_OK or the highest of the problems'
 */
struct probe_hca {
	char device[128];
	bool vfio_user;
	const struct hca_pci_kind *kind;
	struct pci_sysfs_device pci;
	struct probe_port ports[PROBE_MAX_PORTS];
	unsigned int n_ports;
	struct pci_sysfs_device *members;
	size_t n_members;
	bool opened;
	char firmware[32];
	bool booting;
	struct iommu_caps caps;
	uint64_t map_limit;
	struct probe_problem problems[PROBE_MAX_PROBLEMS];
	unsigned int n_problems;
	enum ctl_exit code;
};

/**
 * struct probe - what was found
 * @hcas: ascending by address
 * @n: how many
 * @memlock: as in struct ctl_world
 * @code: CTL_OK when one can be assigned, CTL_NO_HCA when there is none, else the lowest code of them
 * @text: why there is none
 */
struct probe {
	struct probe_hca *hcas;
	size_t n;
	uint64_t memlock;
	enum ctl_exit code;
	char text[512];
};

/**
 * probe_run() - look at HCAs
 * @world: where
 * @device: PCI address in any form, "vfio-user:PATH"; NULL: all that this machine has
 * @out: filled, also with the code; to be released by probe_release()
 *
 * An HCA that is bound to vfio-pci and that nobody holds is opened and closed
 * again, by which the kernel resets it. Of all others only what the kernel says
 * is read.
 *
 * Return: 0; -EINVAL not a device name; -ENOMEM.
 */
int probe_run(const struct ctl_world *world, const char *device, struct probe *out);
void probe_release(struct probe *probe);

/* Guest memory that can be registered at the same time, bytes; UINT64_MAX: no limit. */
uint64_t probe_guest_memory(const struct probe *probe);

/* probe_open.c: what only an open device says; an error becomes a problem. 0, -ENOMEM. */
int probe_open(const struct ctl_world *world, struct probe_hca *hca);
/* The same without sysfs, so ids, too. Also -ENODEV: nobody is there, or no HCA; @error says so. */
int probe_open_vfio_user(const struct ctl_world *world, struct probe_hca *hca,
			 struct hca_open_error *error);

/* probe_verdict.c: what the facts from sysfs say against it. */
void probe_judge(const struct ctl_world *world, struct probe_hca *hca);
struct probe_problem *probe_add_problem(struct probe_hca *hca, enum ctl_exit code);

/* How it is shown. */
void probe_print(const struct probe *probe, FILE *out);
/* -ENOMEM, -EIO. */
int probe_print_json(const struct probe *probe, FILE *out);
/* A short word for a code, as JSON has it: "not-bound". */
const char *probe_code_word(enum ctl_exit code);

#endif
