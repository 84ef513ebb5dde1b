/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the objects of the driver: the device and what verbs make of it. Must
 * never know how a command is carried out.
 *
 * Locks, outer to inner: up_qp.mutex, up_cq.resize and up_ucontext.db_lock (a
 * command may be waited for under each); up_channel.lock (hard interrupts off,
 * nothing is waited for). None is held over another of the first three.
 */
#ifndef UNDERPASS_H
#define UNDERPASS_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>

#include "abi/commands.h"
#include "abi/device.h"
#include "channel.h"

struct up_eq;
struct up_clock;

/* What became of the device; it only moves down this list. */
enum up_life {
	UP_ALIVE,
	UP_LOST,		/* no command any more, but memory may still be used by the HCA */
	UP_GONE,		/* the device confirmed its reset: nothing is reachable */
};

/* Answer of UP_QUERY_DEVICE in the CPU's byte order, as far as it is used. */
struct up_caps {
	__be64 node_guid, sys_image_guid;
	u32 vendor_id, vendor_part_id, hw_revision;
	u32 fw_major, fw_minor, fw_sub;
	u64 max_mr_bytes;
	u32 max_pd, max_mr, max_cq, max_qp, max_srq, max_eq, max_mcast, max_mcast_qp;
	u32 max_runs;
	u8 log_max_cq, log_max_qp_wr, log_max_srq_wr, log_max_rd_atomic;
	u8 log_max_msg, n_ports, cqe_version;
	u32 max_sq_desc, max_rq_desc;
	u32 flags;
	u32 device_frequency_khz, local_ca_ack_delay;
};

/* A port's tables, as they were at most a moment ago. */
struct up_port {
	struct mutex lock;
	unsigned long gids_until, pkeys_until;	/* jiffies; 0: ask */
	u32 n_gids, n_pkeys;
	union ib_gid *gids;
	u16 *pkeys;
};

struct up_dev {
	struct ib_device ibdev;
	struct pci_dev *pdev;
	void __iomem *control;
	u32 uar_pages;
	u32 vectors;
	char ring_name[32];		/* of vector 0 */
	struct up_caps caps;
	struct up_port port;

	struct up_channel channel;
	enum up_life life;		/* written under channel.lock */
	bool recover;			/* lost, but not on purpose */
	struct work_struct fatal_work;
	struct completion settled;	/* UP_GONE, or it is known that it will not be */
	struct work_struct event_work;
	bool registered;		/* somebody listens to events */

	struct up_uar *uar;		/* the driver's own */
	void __iomem *doorbells;	/* its page */
	struct up_eq **eqs;		/* one for each completion vector */
	u32 n_eqs;
	struct up_clock *clock;		/* NULL: the device has none to offer */
	struct devlink *devlink;

	/* By the HCA's numbers; entries go before their objects, see up_forget(). */
	struct xarray cqs, qps, srqs;

	atomic_t abandoned;		/* pieces of memory that stay pinned for ever */
};

/* A UAR page of the HCA. Freed when the last queue that rings in it is gone. */
struct up_uar {
	struct kref ref;
	struct up_dev *dev;
	u32 number;
	u32 page;			/* of the BAR */
};

/* What user space maps. */
struct up_mmap_entry {
	struct rdma_user_mmap_entry rdma_entry;
	struct up_uar *uar;
};

struct up_ucontext {
	struct ib_ucontext ibucontext;
	u8 cqe_version;
	struct up_mmap_entry *static_uar;	/* of libraries that make none themselves */
	struct mutex db_lock;
	struct list_head db_pages;		/* struct up_db_page */
};

/* A page of doorbell records, and one record in it. */
struct up_db_page {
	struct up_ucontext *context;
	struct list_head list;
	struct mm_struct *mm;
	unsigned long address;
	struct ib_umem *umem;
	u32 number;			/* of the device */
	u32 users;
};

struct up_db {
	struct up_db_page *page;
	u32 offset;
};

struct up_pd {
	struct ib_pd ibpd;
	u32 pdn;
};

struct up_xrcd {
	struct ib_xrcd ibxrcd;
	u32 xrcdn;
};

struct up_ah {
	struct ib_ah ibah;
};

struct up_mr {
	struct ib_mr ibmr;
	struct ib_umem *umem;
	int access;			/* IB_ACCESS_* */
};

struct up_cq {
	struct ib_cq ibcq;
	u32 cqn;
	u32 cqe_bytes;
	struct up_eq *eq;
	struct up_uar *uar;
	struct up_db db;
	struct mutex resize;		/* umem, ibcq.cqe */
	struct ib_umem *umem;
};

struct up_srq {
	struct ib_srq ibsrq;
	u32 srqn;
	u32 wqes, max_sge;
	struct up_db db;
	struct ib_umem *umem;
};

struct up_qp {
	struct ib_qp ibqp;
	u32 qpn;
	enum ib_qp_type type;
	struct up_uar *uar;		/* NULL: it cannot send */
	struct up_db db;
	struct ib_umem *umem;		/* NULL: it has no queue of its own */
	u32 rq_wqes, rq_sge, sq_blocks;

	struct mutex mutex;		/* all below */
	enum ib_qp_state state;
	u8 port;
	int access;			/* IB_ACCESS_REMOTE_*, as last asked for */
	u8 dest_rd_atomic;
};

#define UP_TO(type, ib_type, member)						\
	static inline struct up_##type *to_up_##type(struct ib_type *p)		\
	{									\
		return container_of(p, struct up_##type, member);		\
	}
UP_TO(dev, ib_device, ibdev)
UP_TO(ucontext, ib_ucontext, ibucontext)
UP_TO(mmap_entry, rdma_user_mmap_entry, rdma_entry)
UP_TO(pd, ib_pd, ibpd)
UP_TO(xrcd, ib_xrcd, ibxrcd)
UP_TO(mr, ib_mr, ibmr)
UP_TO(cq, ib_cq, ibcq)
UP_TO(srq, ib_srq, ibsrq)
UP_TO(qp, ib_qp, ibqp)
#undef UP_TO

/* fatal.c */

/**
 * up_fail() - the device is lost
 * @dev: device
 * @why: for the log; NULL: it is on purpose
 *
 * All commands under way and to come fail; the device is then reset. From any
 * context; only the first call counts.
 */
void up_fail(struct up_dev *dev, const char *why);
void up_fatal_init(struct up_dev *dev);
/* After up_fail(): wait until it is known whether the reset was confirmed. */
enum up_life up_fatal_settle(struct up_dev *dev);

/* event.c */

void up_event_init(struct up_dev *dev);
/* Vector 0 fired. Return: whether there are events. */
bool up_event_interrupt(struct up_dev *dev);
/* Tell all listeners of the device; its port is 1. */
void up_event_tell(struct up_dev *dev, enum ib_event_type type);
/**
 * up_forget() - no event finds an object any more
 * @dev: device
 * @objects: &dev->cqs, qps or srqs
 * @number: the object's
 * @object: it
 *
 * When this returns none is being handled, either. May sleep.
 */
void up_forget(struct up_dev *dev, struct xarray *objects, u32 number, void *object);

#endif
