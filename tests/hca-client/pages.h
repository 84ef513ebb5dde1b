/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the pages that the firmware borrows: giving it what it asks for, and
 * taking all of them back. It must never know what they are for.
 */
#ifndef HCA_CLIENT_PAGES_H
#define HCA_CLIENT_PAGES_H

#include <stdint.h>

struct hc;

enum { HC_PAGES_BOOT = 1, HC_PAGES_INIT = 2 };	/* op_mod of QUERY_PAGES */

/* As many as QUERY_PAGES says for @which; 0 or -errno. */
int hc_pages_give(struct hc *hc, uint16_t which);
/* All of them back; 0 or -errno. -ENODATA when the firmware keeps some, -EPROTO when it lies. */
int hc_pages_take(struct hc *hc);

#endif
