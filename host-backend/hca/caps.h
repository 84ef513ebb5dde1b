/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which capabilities are switched on, and which are demanded. Must never
 * know what uses them.
 */
#ifndef HCA_CAPS_H
#define HCA_CAPS_H

struct hca;

/*
 * QUERY_HCA_CAP and SET_HCA_CAP, before INIT_HCA. -EOPNOTSUPP: what we need is
 * not there; errors of hca_cmd(), -EIO also for garbage.
 */
int hca_caps_set(struct hca *hca);
/* What they are after INIT_HCA, into @hca. Errors as above. */
int hca_caps_read(struct hca *hca);

#endif
