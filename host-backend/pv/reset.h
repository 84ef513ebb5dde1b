/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the end of a guest, and of objects whose memory went away. Must never
 * know why it comes.
 */
#ifndef PV_RESET_H
#define PV_RESET_H

struct pv;

/*
 * The loop's. When it returns the HCA reaches nothing of the guest any more and
 * no command is answered; a worker destroys what is left and then says so
 * (UP_STATUS_RESET).
 */
void pv_reset_begin(struct pv *pv);
/* That worker's; no other one is busy. */
void pv_reset_run(struct pv *pv);
/* A worker's: objects whose memory the hypervisor took away. */
void pv_reset_revoked(struct pv *pv);

#endif
