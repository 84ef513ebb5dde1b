// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the process underpassctl. Must never know what its commands are.
 */
#include <signal.h>

#include "host-backend/underpassctl/ctl.h"

int main(int argc, char **argv)
{
	struct ctl_world world;

	/* A vfio-user server that goes away is an error, not the end. */
	signal(SIGPIPE, SIG_IGN);
	ctl_world_init(&world);
	return ctl_main(&world, argc, argv);
}
