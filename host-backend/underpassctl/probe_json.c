// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a probe looks to programs. Must never know where its facts are from.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "host-backend/underpassctl/json.h"
#include "host-backend/underpassctl/probe.h"

const char *probe_code_word(enum ctl_exit code)
{
	static const char *const words[] = {
		[CTL_OK] = "ok",
		[CTL_FAILED] = "failed",
		[CTL_USAGE] = "usage",
		[CTL_NO_HCA] = "no-hca",
		[CTL_NOT_BOUND] = "not-bound",
		[CTL_IN_USE] = "in-use",
		[CTL_MEMLOCK] = "memlock",
		[CTL_NO_PERMISSION] = "no-permission",
		[CTL_GROUP_SHARED] = "group-shared",
		[CTL_NO_IOMMU] = "no-iommu",
		[CTL_UNUSABLE] = "unusable",
	};

	return words[code];
}

static json_t *id(uint16_t value)
{
	return json_sprintf("%04x", value);
}

static json_t *ports(const struct probe_hca *hca)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < hca->n_ports; i++) {
		const struct probe_port *port = &hca->ports[i];

		ctl_json_add(&list, json_pack("{si so so so so}",
						      "port", (int)port->number,
						      "state", ctl_json_text(port->state),
						      "physical_state", ctl_json_text(port->physical),
						      "link_layer", ctl_json_text(port->link_layer),
						      "rate", ctl_json_text(port->rate)));
	}
	return list;
}

static json_t *members(const struct probe_hca *hca)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < hca->n_members; i++) {
		const struct pci_sysfs_device *member = &hca->members[i];

		ctl_json_add(&list, json_pack("{ss so so so sb}",
						      "device", member->bdf,
						      "vendor_id", id(member->vendor),
						      "device_id", id(member->device),
						      "driver", ctl_json_text(member->driver),
						      "in_the_way", pci_sysfs_in_the_way(member)));
	}
	return list;
}

/* Addresses as text: they have 64 bits, and JSON's numbers do not. */
static json_t *ranges(const struct iommu_caps *caps)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < caps->n_ranges; i++)
		ctl_json_add(&list, json_pack("{so so}", "first",
						      json_sprintf("0x%" PRIx64, caps->ranges[i].first),
						      "last",
						      json_sprintf("0x%" PRIx64, caps->ranges[i].last)));
	return list;
}

static json_t *iommu(const struct probe_hca *hca)
{
	if (hca->vfio_user)
		return json_null();
	return json_pack("{so so}", "group",
			 hca->pci.group < 0 ? json_null() : json_integer(hca->pci.group),
			 "others", members(hca));
}

static json_t *domain(const struct probe_hca *hca)
{
	if (!hca->opened)
		return json_null();
	return json_pack("{sb so so}", "coherent", hca->caps.coherent,
			 "page_sizes", json_sprintf("0x%" PRIx64, hca->caps.page_sizes),
			 "bus_addresses", ranges(&hca->caps));
}

static json_t *problems(const struct probe_hca *hca)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < hca->n_problems; i++) {
		const struct probe_problem *problem = &hca->problems[i];

		ctl_json_add(&list, json_pack("{si ss so so}", "code", problem->code,
						      "kind", probe_code_word(problem->code),
						      "text", ctl_json_text(problem->text),
						      "remedy", ctl_json_text(problem->remedy)));
	}
	return list;
}

static json_t *one(const struct probe_hca *hca)
{
	const struct pci_sysfs_device *pci = &hca->pci;

	return json_pack("{so so so so si sb so si si so so so so sb so so so so sb si so}",
			 "device", ctl_json_text(hca->device),
			 "name", ctl_json_text(hca->kind ? hca->kind->name : ""),
			 "vendor_id", id(pci->vendor),
			 "device_id", id(pci->device),
			 "revision", pci->revision,
			 "virtual_function", hca->kind && hca->kind->is_vf,
			 "physical_function", ctl_json_text(pci->physfn),
			 "virtual_functions", (int)pci->n_vfs,
			 "max_virtual_functions", (int)pci->max_vfs,
			 "numa_node", pci->numa_node < 0 ? json_null() : json_integer(pci->numa_node),
			 "driver", ctl_json_text(pci->driver),
			 "rdma_device", ctl_json_text(pci->rdma),
			 "firmware", ctl_json_text(hca->firmware),
			 "firmware_ready", !hca->booting,
			 "ports", ports(hca),
			 "iommu", iommu(hca),
			 "domain", domain(hca),
			 "max_mappings", ctl_json_count(hca->map_limit),
			 "assignable", !hca->n_problems,
			 "code", hca->code,
			 "problems", problems(hca));
}

int probe_print_json(const struct probe *probe, FILE *out)
{
	json_t *list = json_array(), *root;
	size_t i;

	for (i = 0; i < probe->n; i++)
		ctl_json_add(&list, one(&probe->hcas[i]));
	root = json_pack("{so so so so si ss}", "hcas", list,
			 "memlock_bytes", ctl_json_count(probe->memlock),
			 "guest_memory_bytes", ctl_json_count(probe_guest_memory(probe)),
			 "error", ctl_json_text(probe->text),
			 "code", probe->code,
			 "kind", probe_code_word(probe->code));
	return ctl_json_print(root, out);
}
