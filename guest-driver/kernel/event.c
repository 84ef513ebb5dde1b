// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the device tells without being asked: its event queue, and which
 * listeners hear of what. Must never know how objects are made.
 */
#include "abi/ring.h"
#include "channel.h"
#include "port.h"
#include "underpass.h"

/* Types and sub-types that firmware events have (Linux include/linux/mlx5/device.h). */
enum fw_event {
	FW_PATH_MIG = 0x01,
	FW_COMM_EST = 0x02,
	FW_SQ_DRAINED = 0x03,
	FW_CQ_ERROR = 0x04,
	FW_WQ_CATAS = 0x05,
	FW_PATH_MIG_FAILED = 0x07,
	FW_PORT_CHANGE = 0x09,
	FW_WQ_INVALID_REQUEST = 0x10,
	FW_WQ_ACCESS = 0x11,
	FW_SRQ_CATAS = 0x12,
	FW_SRQ_LAST_WQE = 0x13,
	FW_SRQ_LIMIT = 0x14,
};

enum fw_port_change {
	FW_PORT_DOWN = 1,
	FW_PORT_ACTIVE = 4,
	FW_PORT_INITIALIZED = 5,
	FW_PORT_LID = 6,
	FW_PORT_PKEY = 7,
	FW_PORT_GUID = 8,
	FW_PORT_CLIENT_REREG = 9,
};

/* -1: nobody wants to know. */
static int qp_event(u32 type)
{
	switch (type) {
	case FW_PATH_MIG: return IB_EVENT_PATH_MIG;
	case FW_COMM_EST: return IB_EVENT_COMM_EST;
	case FW_SQ_DRAINED: return IB_EVENT_SQ_DRAINED;
	case FW_SRQ_LAST_WQE: return IB_EVENT_QP_LAST_WQE_REACHED;
	case FW_WQ_CATAS: return IB_EVENT_QP_FATAL;
	case FW_PATH_MIG_FAILED: return IB_EVENT_PATH_MIG_ERR;
	case FW_WQ_INVALID_REQUEST: return IB_EVENT_QP_REQ_ERR;
	case FW_WQ_ACCESS: return IB_EVENT_QP_ACCESS_ERR;
	default: return -1;
	}
}

static int srq_event(u32 type)
{
	switch (type) {
	case FW_SRQ_LIMIT: return IB_EVENT_SRQ_LIMIT_REACHED;
	case FW_SRQ_CATAS: return IB_EVENT_SRQ_ERR;
	default: return -1;
	}
}

static int port_event(u32 sub_type)
{
	switch (sub_type) {
	case FW_PORT_ACTIVE: return IB_EVENT_PORT_ACTIVE;
	case FW_PORT_DOWN:
	case FW_PORT_INITIALIZED: return IB_EVENT_PORT_ERR;
	case FW_PORT_LID: return IB_EVENT_LID_CHANGE;
	case FW_PORT_PKEY: return IB_EVENT_PKEY_CHANGE;
	case FW_PORT_GUID: return IB_EVENT_GID_CHANGE;
	case FW_PORT_CLIENT_REREG: return IB_EVENT_CLIENT_REREGISTER;
	default: return -1;
	}
}

/* The objects found stay as long as this work runs: up_forget() waits for it. */
static void tell_qp(struct up_dev *dev, u32 qpn, int type)
{
	struct up_qp *qp = xa_load(&dev->qps, qpn);
	struct ib_event event = { .device = &dev->ibdev, .event = type };

	if (!qp || type < 0 || !qp->ibqp.event_handler)
		return;
	event.element.qp = &qp->ibqp;
	qp->ibqp.event_handler(&event, qp->ibqp.qp_context);
}

static void tell_srq(struct up_dev *dev, u32 srqn, int type)
{
	struct up_srq *srq = xa_load(&dev->srqs, srqn);
	struct ib_event event = { .device = &dev->ibdev, .event = type };

	if (!srq || type < 0 || !srq->ibsrq.event_handler)
		return;
	event.element.srq = &srq->ibsrq;
	srq->ibsrq.event_handler(&event, srq->ibsrq.srq_context);
}

static void tell_cq(struct up_dev *dev, u32 cqn)
{
	struct up_cq *cq = xa_load(&dev->cqs, cqn);
	struct ib_event event = { .device = &dev->ibdev, .event = IB_EVENT_CQ_ERR };

	if (!cq || !cq->ibcq.event_handler)
		return;
	event.element.cq = &cq->ibcq;
	cq->ibcq.event_handler(&event, cq->ibcq.cq_context);
}

void up_event_tell(struct up_dev *dev, enum ib_event_type type)
{
	struct ib_event event = {
		.device = &dev->ibdev,
		.element.port_num = 1,
		.event = type,
	};

	if (READ_ONCE(dev->registered))
		ib_dispatch_event(&event);
}

static void tell_port(struct up_dev *dev, u32 sub_type)
{
	int type = port_event(sub_type);

	up_port_changed(dev);
	if (type >= 0)
		up_event_tell(dev, type);
}

static void handle(struct up_dev *dev, const struct up_event *event)
{
	u32 type = le32_to_cpu(event->type);
	u32 number = le32_to_cpu(event->number);
	u32 code = le32_to_cpu(event->code);

	switch (type) {
	case UP_EVENT_QP:
		tell_qp(dev, number, qp_event(code >> 8));
		break;
	case UP_EVENT_SRQ:
		tell_srq(dev, number, srq_event(code >> 8));
		break;
	case UP_EVENT_CQ:
		tell_cq(dev, number);
		break;
	case UP_EVENT_PORT:
		tell_port(dev, code & 0xff);
		break;
	case UP_EVENT_REVOKED:
		dev_warn_ratelimited(&dev->pdev->dev, "object %#x lost its memory\n", number);
		break;
	case UP_EVENT_FATAL:
		up_fail(dev, "the HCA is lost");
		break;
	}
}

/* One event, copied. Return: false when there is none. */
static bool next_event(struct up_channel *ch, struct up_event *event)
{
	struct up_ring *ring = ch->ring;
	u32 made;

	made = le32_to_cpu(READ_ONCE(ring->event));
	if (made == ch->events_seen)
		return false;
	virt_rmb();	/* the counter before the entry */
	memcpy(event, &ring->events[ch->events_seen % UP_EVENTS], sizeof(*event));
	virt_mb();	/* the entry before it may be overwritten */
	ch->events_seen++;
	WRITE_ONCE(ring->event_seen, cpu_to_le32(ch->events_seen));
	return true;
}

static void look_for_lost(struct up_dev *dev)
{
	u32 lost = le32_to_cpu(READ_ONCE(dev->channel.ring->event_lost));

	if (lost == dev->channel.events_lost)
		return;
	dev_warn_ratelimited(&dev->pdev->dev, "%u events lost\n", lost - dev->channel.events_lost);
	dev->channel.events_lost = lost;
}

static void event_work(struct work_struct *work)
{
	struct up_dev *dev = container_of(work, struct up_dev, event_work);
	struct up_channel *ch = &dev->channel;
	struct up_event event;

	do {
		while (READ_ONCE(dev->life) == UP_ALIVE && next_event(ch, &event))
			handle(dev, &event);
		WRITE_ONCE(ch->ring->event_wake, cpu_to_le32(ch->events_seen + 1));
		virt_mb();	/* the wish before the look */
	} while (READ_ONCE(dev->life) == UP_ALIVE &&
		 le32_to_cpu(READ_ONCE(ch->ring->event)) != ch->events_seen);
	look_for_lost(dev);
}

bool up_event_interrupt(struct up_dev *dev)
{
	struct up_channel *ch = &dev->channel;

	if (le32_to_cpu(READ_ONCE(ch->ring->event)) == READ_ONCE(ch->events_seen))
		return false;
	schedule_work(&dev->event_work);
	return true;
}

void up_event_init(struct up_dev *dev)
{
	INIT_WORK(&dev->event_work, event_work);
}

void up_forget(struct up_dev *dev, struct xarray *objects, u32 number, void *object)
{
	/* The HCA may have given the number to another one already. */
	xa_cmpxchg(objects, number, object, NULL, 0);
	flush_work(&dev->event_work);
}
