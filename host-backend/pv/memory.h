/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how the device reaches guest memory, and how the HCA comes to reach it
 * and no longer does. Must never know what is in it.
 */
#ifndef PV_MEMORY_H
#define PV_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "host-backend/pv/table.h"
#include "hv/device.h"
#include "iommu/registration.h"

struct pv;

struct pv_memory {
	/* Under hca_ioas_lock(). */
	struct guest_memory *table;
	struct iommu_registrar *registrar;
	struct iommu_owner owner;
	struct pv_objects revoked;	/* that nobody looked after yet */
	uint64_t life;			/* the guest's, from 1; registrations of an older one are refused */

	/* Read: who has an address of guest memory. Write: who takes memory away. */
	pthread_rwlock_t lock;
	uint64_t changes;
	_Atomic bool idling;		/* pv_tick() is to be called */
};

/* 0; -ENOMEM; errors of iommu_registrar_create(). */
int pv_memory_init(struct pv *pv);
/* Nothing is registered. */
void pv_memory_fini(struct pv *pv);

/* The loop's: hv_device_ops.memory_added() and memory_removed(). */
int pv_memory_add(struct pv *pv, const struct hv_memory *memory);
void pv_memory_remove(struct pv *pv, uint64_t gpa, uint64_t size);

/*
 * All that the HCA reaches of the guest is unmapped when this returns, and
 * nothing is registered any more for the guest as it was. The loop's.
 */
void pv_memory_revoke(struct pv *pv);
uint64_t pv_memory_life(struct pv *pv);
/* Of the guest, as far as the hypervisor shares it. */
uint64_t pv_memory_bytes(struct pv *pv);

/*
 * Guest memory as this process reaches it, between enter() and leave(). 0;
 * -EFAULT unless it lies in one piece; -EACCES; errors of mmap().
 */
void pv_memory_enter(struct pv *pv);
void pv_memory_leave(struct pv *pv);
int pv_memory_ptr(struct pv *pv, uint64_t gpa, uint64_t len, unsigned int prot, void **out);
/* A copy of it. Errors as above. */
int pv_memory_read(struct pv *pv, uint64_t gpa, void *buf, uint64_t len);

/**
 * pv_memory_register() - the HCA comes to reach memory for an object
 * @pv: device
 * @life: in which it was asked for
 * @o: for what; @o->memory is set
 * @request: runs, access, va; the owner is filled in
 * @refusal: why not
 *
 * Return: 0; -ESTALE: the guest is not the same any more; refusal->err.
 */
int pv_memory_register(struct pv *pv, uint64_t life, struct pv_object *o,
		       struct iommu_request *request, struct iommu_refusal *refusal);
/* And no longer does. @confirmed: the HCA has let go of it. @o->memory is NULL afterwards. */
void pv_memory_release(struct pv *pv, struct pv_object *o, bool confirmed);

/* Their memory changes places; @o is published, @other is not. */
void pv_memory_swap(struct pv *pv, struct pv_object *o, struct pv_object *other);
/* Whether the HCA may write to it. */
bool pv_memory_is_writable(struct pv *pv, const struct pv_object *o);
/* Whether the hypervisor took the memory away. */
bool pv_memory_is_revoked(struct pv *pv, const struct pv_object *o);

/* pv_object_publish(): memory may have gone before @o had a number. Both locks held. */
void pv_memory_published(struct pv *pv, struct pv_object *o);
/* The next object whose memory went away: whether there was one. */
bool pv_memory_next_revoked(struct pv *pv, enum pv_kind *kind, uint32_t *number);

#endif
