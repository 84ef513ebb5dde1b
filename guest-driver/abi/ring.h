/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the control ring in guest RAM: command slots, completions, events, and
 * how both sides tell each other to look. Must never know what a command means.
 *
 * Many commands can be under way; they complete in any order. The driver owns
 * a slot from its completion to its next submission.
 */
#ifndef UNDERPASS_ABI_RING_H
#define UNDERPASS_ABI_RING_H

#include <linux/types.h>

#define UP_SLOTS		64	/* commands under way at most */
#define UP_SLOT_DATA		448	/* bytes of a command or of its answer */
#define UP_EVENTS		256	/* entries of the event queue */

/*
 * One command, 512 bytes. The device reads the slot once, when it takes its
 * number out of the submission queue, and works on that copy. The answer
 * overwrites data; status is written before the number is put into the
 * completion queue.
 */
struct up_slot {
	__le32 opcode;			/* enum up_opcode */
	__le32 length;			/* of the command in data, bytes */
	__le32 sequence;		/* driver's; comes back in the completion */
	__le32 reserved0;		/* 0 */
	__le32 status;			/* device: enum up_result */
	__le32 out_length;		/* device: of the answer in data, bytes */
	__le32 detail;			/* device: firmware syndrome or what a refusal is about */
	__le32 reserved1;
	__le64 reserved2[4];
	__u8 data[UP_SLOT_DATA];
};

/* A completion, 8 bytes. */
struct up_completion {
	__le32 sequence;
	__le32 slot;
};

/* An event, 32 bytes. */
struct up_event {
	__le32 type;			/* enum up_event_type */
	__le32 number;			/* of the object, or port */
	__le32 code;			/* firmware event type << 8 | sub-type */
	__le32 syndrome;
	__le64 reserved[2];
};

/*
 * The counters run freely; entry i of a queue of N is at i % N. Each is
 * written by one side only and has a cache line of its own.
 *
 * No notification is lost, and none is sent without need, by this rule: a
 * consumer that goes to sleep writes its *_wake to the counter value it has
 * seen plus one, makes that visible, and looks again; a producer that moves its
 * counter from old to new, so that *_wake is in (old, new], makes that visible
 * and then notifies (kick, or MSI-X vector 0): (new - wake) < (new - old), all
 * modulo 2^32. A consumer that is awake leaves *_wake where it was.
 */
struct up_ring {
	/* driver writes */
	__le32 submit;			/* commands submitted */
	__le32 complete_seen;		/* completions consumed */
	__le32 complete_wake;
	__le32 event_seen;		/* events consumed */
	__le32 event_wake;
	__u8 pad0[44];
	/* device writes */
	__le32 submit_seen;		/* submissions taken */
	__le32 submit_wake;
	__le32 complete;		/* completions made */
	__le32 event;			/* events made */
	__le32 event_lost;		/* events that found the queue full */
	__u8 pad1[44];

	__le32 submissions[UP_SLOTS];	/* driver: slot numbers */
	struct up_completion completions[UP_SLOTS];
	__u8 pad2[3200];
	struct up_event events[UP_EVENTS];	/* 8 KiB from offset 4096 */
	struct up_slot slots[UP_SLOTS];		/* 32 KiB from offset 12288 */
};

_Static_assert(sizeof(struct up_slot) == 512, "up_slot");
_Static_assert(sizeof(struct up_event) == 32, "up_event");
_Static_assert(__builtin_offsetof(struct up_ring, submissions) == 128, "up_ring.submissions");
_Static_assert(__builtin_offsetof(struct up_ring, events) == 4096, "up_ring.events");
_Static_assert(__builtin_offsetof(struct up_ring, slots) == 12288, "up_ring.slots");
_Static_assert(sizeof(struct up_ring) == 45056, "up_ring");

/* What became of a command. */
enum up_result {
	UP_OK = 0,
	UP_BAD_COMMAND,			/* unknown opcode, length, reserved field, flag */
	UP_BAD_OBJECT,			/* not an object of this guest */
	UP_BUSY,			/* object in use by others */
	UP_BAD_STATE,			/* e.g. a QP transition that is none */
	UP_BAD_VALUE,			/* a field out of its range; detail: byte offset in the command */
	UP_BAD_MEMORY,			/* pages: not RAM, read-only, overlapping; detail: enum iommu_reason's number */
	UP_QUOTA,			/* a limit of this guest */
	UP_NO_RESOURCES,		/* the host is out of something: mappings, memory, HCA objects */
	UP_HCA_REFUSED,			/* by the firmware; detail: syndrome */
	UP_HCA_FAILED,			/* time-out or fatal error; only a reset takes memory back */
};

enum up_event_type {
	UP_EVENT_QP = 1,		/* number: qpn */
	UP_EVENT_SRQ,			/* number: srqn */
	UP_EVENT_CQ,			/* number: cqn */
	UP_EVENT_PORT,			/* number: port; code: sub-type */
	UP_EVENT_REVOKED,		/* number: lkey of an MR, or object number, whose memory went away */
	UP_EVENT_FATAL,			/* the HCA is lost */
};

#endif
