/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns what the driver says of its port. Must never know queues. */
#ifndef UNDERPASS_PORT_H
#define UNDERPASS_PORT_H

#include <rdma/ib_verbs.h>
#include <rdma/uverbs_ioctl.h>

struct up_dev;

/* Port 1: read the sizes of its tables. */
int up_port_init(struct up_dev *dev);
void up_port_exit(struct up_dev *dev);
/* The tables may have changed. */
void up_port_changed(struct up_dev *dev);

int up_query_port(struct ib_device *ibdev, u32 port, struct ib_port_attr *attr);
int up_query_gid(struct ib_device *ibdev, u32 port, int index, union ib_gid *gid);
int up_query_pkey(struct ib_device *ibdev, u32 port, u16 index, u16 *pkey);
int up_get_port_immutable(struct ib_device *ibdev, u32 port, struct ib_port_immutable *immutable);
enum rdma_link_layer up_get_link_layer(struct ib_device *ibdev, u32 port);
extern const struct uapi_definition up_port_defs[];

#endif
