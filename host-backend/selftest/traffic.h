/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which messages are worth sending over which transport, and which requests
 * must be refused. Must never know how a message is posted.
 */
#ifndef HOST_BACKEND_SELFTEST_TRAFFIC_H
#define HOST_BACKEND_SELFTEST_TRAFFIC_H

struct st_run;

/* Each is a step: makes a pair of its own, and ends it in every case. */
int st_rc_events(struct st_run *run);
int st_rc_send(struct st_run *run);
int st_rc_write(struct st_run *run);
int st_rc_read(struct st_run *run);
int st_rc_atomics(struct st_run *run);
int st_uc_send(struct st_run *run);
int st_uc_write(struct st_run *run);
int st_ud_send(struct st_run *run);
int st_xrc_send(struct st_run *run);
int st_refusals(struct st_run *run);

#endif
