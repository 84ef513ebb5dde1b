// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns finding the HCAs and what the kernel says of each. Must never know what
 * speaks against one, nor how it is shown.
 */
#include "host-backend/underpassctl/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/underpassctl/arguments.h"
#include "host-backend/underpassctl/text.h"

static bool is_hca(const struct pci_sysfs_device *device)
{
	return hca_pci_kind(device->vendor, device->device);
}

/* "4: ACTIVE" in the kernel's files. */
static void read_named(char *buf, size_t len, const char *dir, const char *port, const char *file)
{
	char *name;

	ctl_read_line(buf, len, "%s/%s/%s", dir, port, file);
	name = strstr(buf, ": ");
	if (name)
		memmove(buf, name + 2, strlen(name + 2) + 1);
}

struct port_reader {
	struct probe_hca *hca;
	char dir[256];
};

static void read_port(void *ctx, const char *name)
{
	struct port_reader *reader = ctx;
	struct probe_hca *hca = reader->hca;
	struct probe_port *port;

	if (hca->n_ports == PROBE_MAX_PORTS)
		return;
	port = &hca->ports[hca->n_ports++];
	port->number = (unsigned int)atoi(name);
	read_named(port->state, sizeof(port->state), reader->dir, name, "state");
	read_named(port->physical, sizeof(port->physical), reader->dir, name, "phys_state");
	read_named(port->link_layer, sizeof(port->link_layer), reader->dir, name, "link_layer");
	read_named(port->rate, sizeof(port->rate), reader->dir, name, "rate");
}

static void read_ports(const struct ctl_world *world, struct probe_hca *hca)
{
	struct port_reader reader = { .hca = hca };

	if (!hca->pci.rdma[0])
		return;
	snprintf(reader.dir, sizeof(reader.dir), "%s/bus/pci/devices/%s/infiniband/%s/ports",
		 world->sysfs, hca->pci.bdf, hca->pci.rdma);
	ctl_folder_names(read_port, &reader, "%s", reader.dir);
}

/* All of the group but the HCA itself. */
static int read_members(const struct ctl_world *world, struct probe_hca *hca)
{
	size_t i, kept = 0;
	int ret;

	if (hca->pci.group < 0)
		return 0;
	ret = pci_sysfs_group(world->sysfs, hca->pci.group, &hca->members, &hca->n_members);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	for (i = 0; i < hca->n_members; i++)
		if (strcmp(hca->members[i].bdf, hca->pci.bdf))
			hca->members[kept++] = hca->members[i];
	hca->n_members = kept;
	return 0;
}

static uint64_t read_map_limit(const struct ctl_world *world)
{
	char line[32], *end;
	uint64_t limit;

	if (ctl_read_line(line, sizeof(line),
			  "%s/module/vfio_iommu_type1/parameters/dma_entry_limit", world->sysfs))
		return UINT64_MAX;
	limit = strtoull(line, &end, 10);
	return end == line ? UINT64_MAX : limit;
}

/* Bound, alone, ours to open: nothing against it, or the limit of locked memory only. */
static bool can_be_opened(const struct probe_hca *hca)
{
	unsigned int i;

	for (i = 0; i < hca->n_problems; i++)
		if (hca->problems[i].code != CTL_MEMLOCK)
			return false;
	return true;
}

static int look_at_pci(const struct ctl_world *world, const struct pci_sysfs_device *pci,
		       struct probe_hca *hca)
{
	int ret;

	hca->pci = *pci;
	snprintf(hca->device, sizeof(hca->device), "%s", pci->bdf);
	snprintf(hca->firmware, sizeof(hca->firmware), "%s", pci->firmware);
	hca->kind = hca_pci_kind(pci->vendor, pci->device);
	hca->map_limit = read_map_limit(world);
	read_ports(world, hca);
	ret = read_members(world, hca);
	if (ret)
		return ret;
	probe_judge(world, hca);
	return can_be_opened(hca) ? probe_open(world, hca) : 0;
}

static int probe_all(const struct ctl_world *world, struct probe *probe)
{
	struct pci_sysfs_device *list;
	size_t n;
	int ret;

	ret = pci_sysfs_list(world->sysfs, is_hca, &list, &n);
	if (ret == -ENOMEM)
		return ret;
	if (ret || !n) {
		snprintf(probe->text, sizeof(probe->text), "%s", ret ?
			 "this machine has no PCI bus" :
			 "no HCA found: nothing of the mlx5 family (ConnectX-4 and later) on the PCI "
			 "bus; 'lspci -d 15b3:' shows all cards of that maker");
		return 0;
	}
	probe->hcas = calloc(n, sizeof(*probe->hcas));
	ret = probe->hcas ? 0 : -ENOMEM;
	for (; !ret && probe->n < n; probe->n++)
		ret = look_at_pci(world, &list[probe->n], &probe->hcas[probe->n]);
	free(list);
	return ret;
}

static int probe_pci(const struct ctl_world *world, const char *bdf, struct probe *probe)
{
	struct pci_sysfs_device pci;
	int ret;

	ret = world->pci->read(world->sysfs, bdf, &pci);
	if (ret) {
		snprintf(probe->text, sizeof(probe->text), "there is no PCI device %s", bdf);
		return 0;
	}
	if (!is_hca(&pci)) {
		snprintf(probe->text, sizeof(probe->text),
			 "%s (%04x:%04x) is no HCA of the mlx5 family (ConnectX-4 and later)", bdf, pci.vendor, pci.device);
		return 0;
	}
	probe->hcas = calloc(1, sizeof(*probe->hcas));
	if (!probe->hcas)
		return -ENOMEM;
	probe->n = 1;
	return look_at_pci(world, &pci, probe->hcas);
}

static int probe_vfio_user(const struct ctl_world *world, const char *device, struct probe *probe)
{
	struct hca_open_error error = { 0 };
	struct probe_hca *hca;
	int ret;

	probe->hcas = hca = calloc(1, sizeof(*probe->hcas));
	if (!hca)
		return -ENOMEM;
	if (strlen(device) >= sizeof(hca->device))
		return -EINVAL;
	strcpy(hca->device, device);
	hca->vfio_user = true;
	hca->pci.group = -1;
	hca->pci.numa_node = -1;
	hca->map_limit = UINT64_MAX;
	ret = probe_open_vfio_user(world, hca, &error);
	if (ret == -ENODEV)
		strcpy(probe->text, error.text);
	else
		probe->n = 1;
	return ret == -ENODEV ? 0 : ret;
}

static enum ctl_exit lowest_code(const struct probe *probe)
{
	enum ctl_exit code = probe->n ? probe->hcas[0].code : CTL_NO_HCA;
	size_t i;

	for (i = 1; i < probe->n; i++)
		if (probe->hcas[i].code < code)
			code = probe->hcas[i].code;
	return code;
}

int probe_run(const struct ctl_world *world, const char *device, struct probe *out)
{
	char bdf[PCI_BDF_SIZE];
	int ret;

	*out = (struct probe){ .memlock = world->memlock };
	if (!device)
		ret = probe_all(world, out);
	else if (ctl_vfio_user_path(device))
		ret = probe_vfio_user(world, device, out);
	else if (pci_bdf_parse(device, bdf))
		ret = -EINVAL;
	else
		ret = probe_pci(world, bdf, out);
	if (ret) {
		probe_release(out);
		return ret;
	}
	out->code = lowest_code(out);
	return 0;
}

void probe_release(struct probe *probe)
{
	size_t i;

	for (i = 0; i < probe->n; i++) {
		free(probe->hcas[i].members);
		free(probe->hcas[i].caps.ranges);
	}
	free(probe->hcas);
	probe->hcas = NULL;
	probe->n = 0;
}

uint64_t probe_guest_memory(const struct probe *probe)
{
	if (probe->memlock == UINT64_MAX)
		return UINT64_MAX;
	return probe->memlock > PROBE_OWN_MEMORY ? probe->memlock - PROBE_OWN_MEMORY : 0;
}
