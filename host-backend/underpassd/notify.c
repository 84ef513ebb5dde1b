// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a service manager is told, and what it keeps for who is started
 * after us. Must never know what the service does.
 */
#include "host-backend/underpassd/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

/* Each file has a name of its own, for they come back in any order. */
#define NAME	"hca-%u"

enum { NAME_BYTES = 32 };

/* A manager that does not listen is no reason to stop. */
void daemon_notify(const char *state)
{
	sd_notify(0, state);
}

void daemon_keep(const int *fds, unsigned int n)
{
	char state[64];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=" NAME, i);
		sd_pid_notify_with_fds(0, 0, state, &fds[i], 1);
	}
}

/* Its number, @n: it is none of ours. */
static unsigned int number_of(const char *name, unsigned int n)
{
	char wanted[NAME_BYTES];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(wanted, sizeof(wanted), NAME, i);
		if (!strcmp(name, wanted))
			break;
	}
	return i;
}

static void forget(unsigned int n)
{
	char state[64];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(state, sizeof(state), "FDSTOREREMOVE=1\nFDNAME=" NAME, i);
		sd_notify(0, state);
	}
}

bool daemon_kept(int *fds, unsigned int n)
{
	char **names = NULL;
	unsigned int at, found = 0;
	int given, i;

	for (at = 0; at < n; at++)
		fds[at] = -1;
	given = sd_listen_fds_with_names(1, &names);
	for (i = 0; i < given; i++) {
		at = number_of(names[i], n);
		if (at < n && fds[at] < 0) {
			fds[at] = SD_LISTEN_FDS_START + i;
			found++;
		} else {
			close(SD_LISTEN_FDS_START + i);
		}
		free(names[i]);
	}
	free(names);
	if (!found)
		return false;
	forget(n);
	if (found == n)
		return true;
	for (at = 0; at < n; at++)
		if (fds[at] >= 0)
			close(fds[at]);
	return false;
}
