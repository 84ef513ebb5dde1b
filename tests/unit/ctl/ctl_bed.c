// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the temporary world: its files, and running commands in it. It must
 * never know what a test is after.
 */
#include "tests/unit/ctl/ctl_bed.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/ctl/ctl_kernel.h"

static void path_of(struct ctl_bed *bed, char path[PATH_MAX], const char *fmt, va_list args)
{
	int n = snprintf(path, PATH_MAX, "%s/", bed->dir);

	assert_true(vsnprintf(path + n, (size_t)(PATH_MAX - n), fmt, args) < PATH_MAX - n);
}

static void make_parents(const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	strcpy(parent, path);
	for (slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(parent, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

void ctl_bed_file(struct ctl_bed *bed, const char *content, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *file;

	va_start(args, fmt);
	path_of(bed, path, fmt, args);
	va_end(args);
	make_parents(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void ctl_bed_link(struct ctl_bed *bed, const char *target, const char *fmt, ...)
{
	char path[PATH_MAX], full[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	path_of(bed, path, fmt, args);
	va_end(args);
	make_parents(path);
	snprintf(full, sizeof(full), "%s/%s", bed->dir, target);
	assert_int_equal(symlink(full, path), 0);
}

void ctl_bed_remove(struct ctl_bed *bed, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	path_of(bed, path, fmt, args);
	va_end(args);
	assert_int_equal(remove(path), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int ctl_bed_setup(void **state)
{
	struct ctl_bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	strcpy(bed->dir, "/tmp/underpass-ctl.XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	assert_int_equal(chmod(bed->dir, 0755), 0);
	snprintf(bed->sys, sizeof(bed->sys), "%s/sys", bed->dir);
	snprintf(bed->proc, sizeof(bed->proc), "%s/proc", bed->dir);
	snprintf(bed->dev, sizeof(bed->dev), "%s/dev", bed->dir);
	snprintf(bed->run, sizeof(bed->run), "%s/run", bed->dir);
	/* A bus with a bridge, which is none of ours. */
	ctl_bed_pci(bed, "0000:00:00.0", 0x808629c0, NULL, -1);
	assert_int_equal(mkdir(bed->proc, 0755), 0);
	bed->fw_rev = 28u << 16 | 12;
	bed->fw_sub = 5u << 16 | 2006;
	bed->vendor = 0x15b3;
	bed->device = 0x1013;
	ctl_kernel_attach(bed);
	*state = bed;
	return 0;
}

int ctl_bed_teardown(void **state)
{
	struct ctl_bed *bed = *state;

	assert_int_equal(bed->opened, bed->closed);
	assert_int_equal(nftw(bed->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(bed->out);
	free(bed->err);
	free(bed);
	return 0;
}

void ctl_bed_driver(struct ctl_bed *bed, const char *driver)
{
	ctl_bed_file(bed, "", "sys/bus/pci/drivers/%s/bind", driver);
}

void ctl_bed_pci(struct ctl_bed *bed, const char *bdf, uint32_t ids, const char *driver, int group)
{
	char line[16], target[128];

	snprintf(line, sizeof(line), "0x%04x\n", ids >> 16);
	ctl_bed_file(bed, line, "sys/bus/pci/devices/%s/vendor", bdf);
	snprintf(line, sizeof(line), "0x%04x\n", ids & 0xffff);
	ctl_bed_file(bed, line, "sys/bus/pci/devices/%s/device", bdf);
	ctl_bed_file(bed, "0x020700\n", "sys/bus/pci/devices/%s/class", bdf);
	ctl_bed_file(bed, "0x00\n", "sys/bus/pci/devices/%s/revision", bdf);
	ctl_bed_file(bed, "(null)\n", "sys/bus/pci/devices/%s/driver_override", bdf);
	if (driver) {
		ctl_bed_driver(bed, driver);
		snprintf(target, sizeof(target), "sys/bus/pci/drivers/%s", driver);
		ctl_bed_link(bed, target, "sys/bus/pci/devices/%s/driver", bdf);
	}
	if (group < 0)
		return;
	snprintf(target, sizeof(target), "sys/kernel/iommu_groups/%d", group);
	ctl_bed_link(bed, target, "sys/bus/pci/devices/%s/iommu_group", bdf);
	snprintf(target, sizeof(target), "sys/bus/pci/devices/%s", bdf);
	ctl_bed_link(bed, target, "sys/kernel/iommu_groups/%d/devices/%s", group, bdf);
	if (driver && pci_driver_is_vfio(driver))
		ctl_bed_file(bed, "", "dev/vfio/%d", group);
}

void ctl_bed_hca(struct ctl_bed *bed, const char *bdf, const char *driver, int group)
{
	char dir[96];

	ctl_bed_pci(bed, bdf, 0x15b31013, driver, group);
	if (!driver || strcmp(driver, "mlx5_core") != 0)
		return;
	snprintf(dir, sizeof(dir), "sys/bus/pci/devices/%s/infiniband/mlx5_0", bdf);
	ctl_bed_file(bed, "12.28.2006\n", "%s/fw_ver", dir);
	ctl_bed_file(bed, "4: ACTIVE\n", "%s/ports/1/state", dir);
	ctl_bed_file(bed, "5: LinkUp\n", "%s/ports/1/phys_state", dir);
	ctl_bed_file(bed, "InfiniBand\n", "%s/ports/1/link_layer", dir);
	ctl_bed_file(bed, "100 Gb/sec (4X EDR)\n", "%s/ports/1/rate", dir);
}

void ctl_bed_process(struct ctl_bed *bed, int pid, const char *name, const char *dev_file)
{
	char line[64], target[96];

	snprintf(line, sizeof(line), "%s\n", name);
	ctl_bed_file(bed, line, "proc/%d/comm", pid);
	snprintf(target, sizeof(target), "dev/%s", dev_file);
	ctl_bed_link(bed, "dev/null", "proc/%d/fd/0", pid);
	ctl_bed_link(bed, target, "proc/%d/fd/7", pid);
}

static const char *read_bed(struct ctl_bed *bed, const char *bdf, struct pci_sysfs_device *device)
{
	assert_int_equal(pci_sysfs_read(bed->sys, bdf, device), 0);
	return bdf;
}

const char *ctl_bed_bound(struct ctl_bed *bed, const char *bdf)
{
	static struct pci_sysfs_device device;

	read_bed(bed, bdf, &device);
	return device.driver;
}

const char *ctl_bed_override(struct ctl_bed *bed, const char *bdf)
{
	static struct pci_sysfs_device device;

	read_bed(bed, bdf, &device);
	return device.driver_override;
}

static int split(char *text, char *argv[16])
{
	char *word, *rest = NULL;
	int argc = 0;

	argv[argc++] = (char *)(uintptr_t)"underpassctl";
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < 15);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return argc;
}

int ctl_bed_run(struct ctl_bed *bed, const char *words)
{
	size_t out_size, err_size;
	char text[512], *argv[16];
	int argc, ret;

	free(bed->out);
	free(bed->err);
	bed->world.out = open_memstream(&bed->out, &out_size);
	bed->world.err = open_memstream(&bed->err, &err_size);
	assert_true(bed->world.out && bed->world.err);
	snprintf(text, sizeof(text), "%s", words);
	argc = split(text, argv);
	ret = ctl_main(&bed->world, argc, argv);
	assert_int_equal(fclose(bed->world.out), 0);
	assert_int_equal(fclose(bed->world.err), 0);
	return ret;
}

static char *read_all(FILE *file)
{
	char *text = calloc(1, 16384);

	assert_non_null(text);
	rewind(file);
	assert_true(fread(text, 1, 16383, file) < 16383);
	fclose(file);
	return text;
}

int ctl_bed_run_child(struct ctl_bed *bed, const char *words)
{
	FILE *out = tmpfile(), *err = tmpfile();
	char text[512], *argv[16];
	int argc, status;
	pid_t pid;

	assert_true(out && err);
	snprintf(text, sizeof(text), "%s", words);
	argc = split(text, argv);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* argp writes to these. */
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		bed->world.out = stdout;
		bed->world.err = stderr;
		status = ctl_main(&bed->world, argc, argv);
		fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	free(bed->out);
	free(bed->err);
	bed->out = read_all(out);
	bed->err = read_all(err);
	return WEXITSTATUS(status);
}

void ctl_bed_assert_in(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

void ctl_bed_assert_not_in(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}
