// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the move of a device between drivers, and the way back when a step of it
 * fails. Must never know the command line.
 */
#include "host-backend/underpassctl/bind.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/hca/pci.h"

/* Where a device shall be. @driver NULL: wherever the kernel wants it, but with some driver. */
struct place {
	const char *driver, *override;
};

static int exit_of(int err)
{
	return err == -EACCES || err == -EPERM ? CTL_NO_PERMISSION : CTL_FAILED;
}

static const char *name_of(const char *driver)
{
	return driver[0] ? driver : "no driver";
}

static bool fits(const struct place *place, const struct pci_sysfs_device *device)
{
	if (place->driver)
		return !strcmp(device->driver, place->driver);
	return device->driver[0] && !pci_driver_is_vfio(device->driver);
}

/* @device: as it is afterwards; @step: what failed. */
static int move(const struct ctl_world *world, const char *bdf, const struct place *place,
		struct pci_sysfs_device *device, const char **step)
{
	int ret;

	*step = "driver_override";
	ret = world->pci->override(world->sysfs, bdf, place->override[0] ? place->override : NULL);
	if (ret)
		return ret;
	*step = "unbind";
	ret = world->pci->unbind(world->sysfs, bdf);
	if (ret)
		return ret;
	*step = "bind";
	if (!place->driver)
		ret = world->pci->probe(world->sysfs, bdf);
	else if (place->driver[0])
		ret = world->pci->bind(world->sysfs, bdf, place->driver);
	if (ret)
		return ret;
	*step = "the look at the result";
	ret = world->pci->read(world->sysfs, bdf, device);
	if (!ret && !fits(place, device))
		ret = -ENXIO;
	return ret;
}

static void tell_failure(const struct ctl_world *world, const char *bdf,
			 const struct place *place, const char *step, int err)
{
	if (err == -ENXIO)
		ctl_say(world, "%s: %s did not take it", bdf,
			place->driver ? name_of(place->driver) : "a driver of the kernel's");
	else if (exit_of(err) == CTL_NO_PERMISSION)
		ctl_say(world, "%s: %s: %s; this needs root", bdf, step, strerror(-err));
	else
		ctl_say(world, "%s: %s: %s; the kernel's log may say more", bdf, step,
			strerror(-err));
}

/* All or nothing: after an error @device is as it was. */
static int move_or_stay(const struct ctl_world *world, const struct pci_sysfs_device *device,
			const struct place *place)
{
	struct place before = { device->driver, device->driver_override };
	struct pci_sysfs_device after;
	const char *step;
	int ret, undo;

	ret = move(world, device->bdf, place, &after, &step);
	if (!ret) {
		fprintf(world->out, "%s: %s -> %s\n", device->bdf, name_of(device->driver),
			name_of(after.driver));
		return CTL_OK;
	}
	tell_failure(world, device->bdf, place, step, ret);
	undo = move(world, device->bdf, &before, &after, &step);
	if (undo)
		ctl_say(world, "%s: could not be given back to %s: %s: %s. "
			"By hand: echo %s > %s/bus/pci/drivers_probe", device->bdf, name_of(device->driver), step, strerror(-undo), device->bdf,
			world->sysfs);
	else
		ctl_say(world, "%s: is back with %s, as before", device->bdf,
			name_of(device->driver));
	return exit_of(ret);
}

static int look(const struct ctl_world *world, const char *bdf, struct pci_sysfs_device *device)
{
	if (world->pci->read(world->sysfs, bdf, device)) {
		ctl_say(world, "there is no PCI device %s", bdf);
		return CTL_NO_HCA;
	}
	if (!hca_pci_kind(device->vendor, device->device)) {
		ctl_say(world, "%s (%04x:%04x) is no HCA of the mlx5 family; it stays where it is",
			bdf, device->vendor, device->device);
		return CTL_NO_HCA;
	}
	return CTL_OK;
}

/* The driver's module, unless it is there. */
static int load_driver(const struct ctl_world *world, const char *driver)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/bus/pci/drivers/%s", world->sysfs, driver) >=
	    (int)sizeof(path) || !access(path, F_OK))
		return CTL_OK;
	if (!world->load(driver) && !access(path, F_OK))
		return CTL_OK;
	ctl_say(world, "the driver %s is not there, and 'modprobe %s' did not bring it", driver,
		driver);
	return CTL_FAILED;
}

static int bind_locked(const struct ctl_world *world, const struct pci_sysfs_device *device,
		       bool force)
{
	static const struct place vfio = { BIND_VFIO_PCI, BIND_VFIO_PCI };
	struct bind_record record;
	char users[512];
	int ret;

	if (pci_driver_is_vfio(device->driver)) {
		fprintf(world->out, "%s: bound to %s already\n", device->bdf, device->driver);
		return CTL_OK;
	}
	if (device->group < 0) {
		ctl_say(world, "%s: in no IOMMU group, so VFIO will not take it: "
			"see 'underpassctl probe'", device->bdf);
		return CTL_NO_IOMMU;
	}
	if (!force && bind_in_use(world, device, users, sizeof(users))) {
		ctl_say(world, "%s: in use: %s. End that first, or give --force", device->bdf, users);
		return CTL_IN_USE;
	}
	ret = load_driver(world, BIND_VFIO_PCI);
	if (ret)
		return ret;
	strcpy(record.driver, device->driver);
	strcpy(record.override, device->driver_override);
	ret = bind_record_save(world, device->bdf, &record);
	if (ret) {
		ctl_say(world, "cannot write down the driver of %s in %s/bind: %s", device->bdf,
			world->run, strerror(-ret));
		return exit_of(ret);
	}
	ret = move_or_stay(world, device, &vfio);
	if (ret)
		bind_record_drop(world, device->bdf);
	return ret;
}

/* Where it was, or with --force where the kernel wants it. */
static int find_place(const struct ctl_world *world, const char *bdf, bool force,
		      struct bind_record *record, struct place *place)
{
	int ret = bind_record_load(world, bdf, record);

	if (!ret) {
		*place = (struct place){ record->driver, record->override };
		return record->driver[0] ? load_driver(world, record->driver) : CTL_OK;
	}
	if (force) {
		*place = (struct place){ NULL, "" };
		return CTL_OK;
	}
	if (ret == -ENOENT)
		ctl_say(world, "%s: was not bound by underpassctl, so its driver is not known. "
			"With --force the kernel chooses one", bdf);
	else
		ctl_say(world, "%s: cannot read %s/bind/%s: %s. With --force the kernel chooses a driver",
			bdf, world->run, bdf, strerror(-ret));
	return exit_of(ret);
}

static int back_locked(const struct ctl_world *world, const struct pci_sysfs_device *device,
		       bool force)
{
	struct bind_record record;
	struct place place;
	char users[512];
	int ret;

	if (!pci_driver_is_vfio(device->driver)) {
		fprintf(world->out, "%s: bound to %s, nothing to give back\n", device->bdf,
			name_of(device->driver));
		bind_record_drop(world, device->bdf);
		return CTL_OK;
	}
	/* The kernel would wait for its end, so --force does not help. */
	if (bind_group_in_use(world, device, users, sizeof(users))) {
		ctl_say(world, "%s: its IOMMU group %d is held by %s. End that first", device->bdf,
			device->group, users);
		return CTL_IN_USE;
	}
	ret = find_place(world, device->bdf, force, &record, &place);
	if (!ret)
		ret = move_or_stay(world, device, &place);
	if (!ret)
		bind_record_drop(world, device->bdf);
	return ret;
}

/* Both ways: nobody else moves a device meanwhile. */
static int locked(const struct ctl_world *world, const char *bdf, bool force,
		  int (*run)(const struct ctl_world *world, const struct pci_sysfs_device *device,
			     bool force))
{
	struct pci_sysfs_device device;
	sigset_t signals, before;
	int ret, lock;

	ret = look(world, bdf, &device);
	if (ret)
		return ret;
	ret = bind_record_lock(world, &lock);
	if (ret) {
		ctl_say(world, "%s/bind: %s%s", world->run, strerror(-ret),
			exit_of(ret) == CTL_NO_PERMISSION ? "; this needs root" : "");
		return exit_of(ret);
	}
	/* Ctrl-C waits: half a move is what must not be. */
	sigfillset(&signals);
	sigprocmask(SIG_BLOCK, &signals, &before);
	ret = look(world, bdf, &device);
	if (!ret)
		ret = run(world, &device, force);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(lock);
	return ret;
}

int bind_to_vfio(const struct ctl_world *world, const char *bdf, bool force)
{
	return locked(world, bdf, force, bind_locked);
}

int bind_back(const struct ctl_world *world, const char *bdf, bool force)
{
	return locked(world, bdf, force, back_locked);
}
