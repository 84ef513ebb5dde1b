// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a kernel does in the bed's world: binding drivers, loading modules,
 * opening HCAs. It must never know what a test is after.
 */
#include "tests/unit/ctl/ctl_kernel.h"

#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/ctl/ctl_bed.h"

static struct ctl_bed *kernel;

/* Counts a change; whether it is to fail or to do nothing. */
static bool goes_wrong(int *ret)
{
	unsigned int n = ++kernel->changes;

	*ret = 0;
	if (kernel->fail_at && (kernel->fail_on ? n >= kernel->fail_at : n == kernel->fail_at))
		*ret = kernel->fail_ret;
	return *ret || n == kernel->ignore_at;
}

static const char *device_path(const char *bdf, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", kernel->sys, bdf, name);
	return path;
}

static int kernel_override(const char *root, const char *bdf, const char *driver)
{
	char line[80];
	int ret;

	assert_string_equal(root, kernel->sys);
	if (goes_wrong(&ret))
		return ret;
	snprintf(line, sizeof(line), "%s\n", driver ? driver : "(null)");
	ctl_bed_file(kernel, line, "sys/bus/pci/devices/%s/driver_override", bdf);
	return 0;
}

static int kernel_unbind(const char *root, const char *bdf)
{
	int ret;

	assert_string_equal(root, kernel->sys);
	if (goes_wrong(&ret))
		return ret;
	unlink(device_path(bdf, "driver"));
	return 0;
}

static bool has_driver(const char *driver)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/pci/drivers/%s", kernel->sys, driver);
	return !access(path, F_OK);
}

/* Drivers take what the override names, or HCAs if they are mlx5_core. */
static int take(const char *bdf, const char *driver)
{
	const char *override = ctl_bed_override(kernel, bdf);
	char target[128];

	if (!has_driver(driver))
		return -ENOENT;
	if (ctl_bed_bound(kernel, bdf)[0])
		return -EBUSY;
	if (strcmp(override[0] ? override : "mlx5_core", driver) != 0)
		return -ENODEV;
	snprintf(target, sizeof(target), "sys/bus/pci/drivers/%s", driver);
	ctl_bed_link(kernel, target, "sys/bus/pci/devices/%s/driver", bdf);
	return 0;
}

static int kernel_bind(const char *root, const char *bdf, const char *driver)
{
	int ret;

	assert_string_equal(root, kernel->sys);
	return goes_wrong(&ret) ? ret : take(bdf, driver);
}

static int kernel_probe(const char *root, const char *bdf)
{
	const char *override;
	int ret;

	assert_string_equal(root, kernel->sys);
	if (goes_wrong(&ret))
		return ret;
	override = ctl_bed_override(kernel, bdf);
	take(bdf, override[0] ? override : "mlx5_core");
	return 0;
}

static const struct ctl_pci_ops pci_ops = {
	.read = pci_sysfs_read,
	.override = kernel_override,
	.unbind = kernel_unbind,
	.bind = kernel_bind,
	.probe = kernel_probe,
};

static int kernel_load(const char *module)
{
	char word[72];

	snprintf(word, sizeof(word), "%s ", module);
	assert_true(strlen(kernel->loaded) + strlen(word) < sizeof(kernel->loaded));
	strcat(kernel->loaded, word);
	if (!kernel->modules || !strstr(kernel->modules, word))
		return -EIO;
	ctl_bed_driver(kernel, module);
	return 0;
}

/* --- an open HCA ------------------------------------------------------------ */

static int transport_config_read(struct hca_transport *t, unsigned int off, unsigned int len,
				 uint32_t *value)
{
	(void)t;
	assert_int_equal(len, 4);
	*value = off == PCI_VENDOR_ID ? (uint32_t)kernel->device << 16 | kernel->vendor : 0;
	return kernel->config_ret;
}

static uint32_t transport_read32(struct hca_transport *t, uint64_t off)
{
	(void)t;
	return off == 0 ? kernel->fw_rev : off == 4 ? kernel->fw_sub :
	       off == 0x1fc ? kernel->initializing : 0;
}

static void transport_close(struct hca_transport *t)
{
	/* The contract: the domain goes first. */
	assert_null(t->domain->ops);
	free(t->domain);
	free(t);
	kernel->closed++;
}

static const struct hca_transport_ops transport_ops = {
	.name = "kernel of the bed",
	.config_read = transport_config_read,
	.read32 = transport_read32,
	.close = transport_close,
};

/* The domain that is seen stands before the fake one, to tell whether it was destroyed. */
struct bed_domain {
	struct iommu_domain domain;
	struct iommu_domain *fake;
};

static void domain_destroy(struct iommu_domain *domain)
{
	struct bed_domain *d = (struct bed_domain *)domain;

	d->fake->ops->destroy(d->fake);
	d->domain.ops = NULL;
	memset(&d->domain.caps, 0, sizeof(d->domain.caps));
}

static const struct iommu_domain_ops domain_ops = {
	.name = "domain of the bed",
	.destroy = domain_destroy,
};

static int kernel_open(const char *device, struct hca_transport **out, struct hca_open_error *error)
{
	struct hca_transport *t;
	struct bed_domain *d;

	if (kernel->open_ret) {
		snprintf(error->text, sizeof(error->text), "%s",
			 kernel->open_text ? kernel->open_text : "");
		return kernel->open_ret;
	}
	fail_alloc_pause();
	t = calloc(1, sizeof(*t));
	d = calloc(1, sizeof(*d));
	assert_true(t && d);
	kernel->domain.left = &kernel->maps_left;
	d->fake = fake_domain_create(&kernel->domain);
	fail_alloc_resume();
	d->domain = (struct iommu_domain){ &domain_ops, d->fake->caps };
	t->ops = &transport_ops;
	t->domain = &d->domain;
	kernel->opened++;
	snprintf(kernel->last_opened, sizeof(kernel->last_opened), "%s", device);
	*out = t;
	return 0;
}

void ctl_kernel_attach(struct ctl_bed *bed)
{
	kernel = bed;
	bed->world = (struct ctl_world){
		.sysfs = bed->sys,
		.proc = bed->proc,
		.dev = bed->dev,
		.run = bed->run,
		.memlock = UINT64_MAX,
		.pci = &pci_ops,
		.open = kernel_open,
		.load = kernel_load,
	};
}
