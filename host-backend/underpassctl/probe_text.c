// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a probe looks on a terminal. Must never know where its facts are
 * from.
 */
#include "host-backend/underpassctl/probe.h"

#include <inttypes.h>
#include <stdarg.h>

#include "host-backend/underpassctl/text.h"

/* "  firmware       12.28.2006": all values stand in one column. */
static void row(FILE *out, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void row(FILE *out, const char *name, const char *fmt, ...)
{
	va_list args;

	fprintf(out, "  %-14s ", name);
	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	fputc('\n', out);
}

static void print_title(const struct probe_hca *hca, FILE *out)
{
	if (!hca->kind) {
		fprintf(out, "%s  an HCA\n", hca->device);
		return;
	}
	fprintf(out, "%s  %s (%04x:%04x rev %02x)\n", hca->device, hca->kind->name,
		hca->pci.vendor, hca->pci.device, hca->pci.revision);
}

static void print_function(const struct probe_hca *hca, FILE *out)
{
	const struct pci_sysfs_device *pci = &hca->pci;

	if (pci->physfn[0])
		row(out, "virtual of", "%s", pci->physfn);
	if (pci->max_vfs)
		row(out, "has virtual", "%u functions on, %u possible", pci->n_vfs, pci->max_vfs);
	if (pci->link_speed[0])
		row(out, "PCIe link", "%s x%u", pci->link_speed, pci->link_width);
	if (pci->numa_node >= 0)
		row(out, "NUMA node", "%d", pci->numa_node);
	row(out, "driver", "%s%s%s", pci->driver[0] ? pci->driver : "none",
	    pci->rdma[0] ? ", RDMA device " : "", pci->rdma);
}

static void print_ports(const struct probe_hca *hca, FILE *out)
{
	const struct probe_port *port;
	char name[16];
	unsigned int i;

	for (i = 0; i < hca->n_ports; i++) {
		port = &hca->ports[i];
		snprintf(name, sizeof(name), "port %u", port->number);
		row(out, name, "%s (%s), %s, %s", port->state, port->physical, port->link_layer,
		    port->rate);
	}
	if (!hca->n_ports)
		row(out, "ports", "not known before the HCA is started (underpassctl selftest does)");
}

static void print_group(const struct probe_hca *hca, FILE *out)
{
	const struct pci_sysfs_device *member;
	size_t i;

	if (hca->pci.group < 0) {
		row(out, "IOMMU", "none");
		return;
	}
	row(out, "IOMMU", "group %d, %s", hca->pci.group,
	    hca->n_members ? "together with" : "alone in it");
	for (i = 0; i < hca->n_members; i++) {
		member = &hca->members[i];
		row(out, "", "%s %s%s", member->bdf, member->driver[0] ? member->driver : "no driver",
		    pci_sysfs_in_the_way(member) ? " (in the way)" : "");
	}
}

static void print_ranges(const struct probe_hca *hca, FILE *out)
{
	size_t i;

	for (i = 0; i < hca->caps.n_ranges; i++)
		row(out, i ? "" : "bus addresses", "0x%" PRIx64 " to 0x%" PRIx64,
		    hca->caps.ranges[i].first, hca->caps.ranges[i].last);
}

static void print_domain(const struct probe_hca *hca, FILE *out)
{
	if (hca->opened) {
		row(out, "DMA", "%s", hca->caps.coherent ? "coherent" :
		    "coherent once No-Snoop is off in the HCA, which underpassd sees to");
		print_ranges(hca, out);
	}
	if (hca->map_limit != UINT64_MAX)
		row(out, "mappings", "%" PRIu64 " at the same time", hca->map_limit);
	else if (hca->opened)
		row(out, "mappings", "no limit known");
}

static void print_memlock(const struct probe *probe, FILE *out)
{
	char limit[CTL_SIZE_TEXT], guest[CTL_SIZE_TEXT];
	uint64_t left = probe_guest_memory(probe);

	if (left == UINT64_MAX)
		row(out, "locked memory", "no limit");
	else
		row(out, "locked memory", "%s, so %s of guest memory registered at the same time",
		    ctl_size_text(probe->memlock, limit), ctl_size_text(left, guest));
}

static void print_verdict(const struct probe_hca *hca, FILE *out)
{
	unsigned int i;

	if (!hca->n_problems) {
		row(out, "verdict", "can be assigned");
		return;
	}
	row(out, "verdict", "cannot be assigned yet:");
	for (i = 0; i < hca->n_problems; i++)
		fprintf(out, "  - %s\n    %s\n", hca->problems[i].text, hca->problems[i].remedy);
}

static void print_hca(const struct probe *probe, const struct probe_hca *hca, FILE *out)
{
	print_title(hca, out);
	if (!hca->vfio_user)
		print_function(hca, out);
	if (hca->firmware[0])
		row(out, "firmware", "%s%s", hca->firmware, hca->booting ? ", not ready yet" : "");
	print_ports(hca, out);
	if (hca->vfio_user)
		row(out, "IOMMU", "none of this machine: served by vfio-user");
	else
		print_group(hca, out);
	print_domain(hca, out);
	if (!hca->vfio_user)
		print_memlock(probe, out);
	print_verdict(hca, out);
}

void probe_print(const struct probe *probe, FILE *out)
{
	size_t i;

	for (i = 0; i < probe->n; i++) {
		if (i)
			fputc('\n', out);
		print_hca(probe, &probe->hcas[i], out);
	}
}
