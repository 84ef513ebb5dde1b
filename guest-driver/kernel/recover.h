/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the second life of a device that was lost: it is bound anew. Must never
 * know why it was lost.
 */
#ifndef UNDERPASS_RECOVER_H
#define UNDERPASS_RECOVER_H

struct pci_dev;

int up_recover_init(void);
/* After the driver is unregistered: waits for attempts under way. */
void up_recover_exit(void);

/* Remove and probe it soon, a few times if need be. Does not wait. */
void up_recover(struct pci_dev *pdev);

#endif
