// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the world of a real machine. Must never know what the commands do in it.
 */
#include "host-backend/underpassctl/ctl.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-backend/hca/memlock.h"

static const struct ctl_pci_ops pci_ops = {
	.read = pci_sysfs_read,
	.override = pci_sysfs_override,
	.unbind = pci_sysfs_unbind,
	.bind = pci_sysfs_bind,
	.probe = pci_sysfs_probe,
};

static int load_module(const char *module)
{
	/* Not by PATH: this runs as root. */
	static const char *const programs[] = { "/sbin/modprobe", "/usr/sbin/modprobe" };
	char *argv[] = { (char[]){ "modprobe" }, (char[]){ "--" },
			 (char *)(uintptr_t)module, NULL };
	int status, ret = ENOENT;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	size_t i;

	/* Signals may be blocked here; there they need not. */
	sigemptyset(&none);
	if (posix_spawnattr_init(&attr))
		return -ENOMEM;
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	for (i = 0; ret && i < sizeof(programs) / sizeof(programs[0]); i++)
		ret = posix_spawn(&pid, programs[i], NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

void ctl_world_init(struct ctl_world *world)
{
	*world = (struct ctl_world){
		.sysfs = PCI_SYSFS,
		.proc = "/proc",
		.dev = "/dev",
		.run = "/run/underpass",
		.memlock = hca_memlock_limit(),
		.pci = &pci_ops,
		.open = hca_transport_open,
		.selftest = selftest_run,
		.load = load_module,
		.out = stdout,
		.err = stderr,
	};
}
