/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a run needs to know of the port. Must never know queue pairs.
 */
#ifndef HOST_BACKEND_SELFTEST_PORT_H
#define HOST_BACKEND_SELFTEST_PORT_H

struct st_run;

/*
 * A step: waits until the port is ACTIVE, fills run->port, and says what it is.
 * -ENETDOWN when it stays down, with the remedy.
 */
int st_port_wait(struct st_run *run);

#endif
