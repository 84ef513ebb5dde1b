// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how the device reaches guest memory, and how the HCA comes to reach it.
 * Must never know what is in it.
 */
#include <errno.h>
#include <string.h>

#include "host-backend/pv/private.h"

static struct hca *hca_of(struct pv *pv)
{
	return pv->adapter.hca;
}

/* ioas lock held. Whoever published it looks after it; until then nobody can. */
static void queue(struct pv *pv, struct pv_object *o)
{
	if (o->queued || !o->published)
		return;
	o->queued = true;
	TAILQ_INSERT_TAIL(&pv->memory.revoked, o, revoked_entry);
}

static void revoked(void *ctx, struct iommu_registration *reg)
{
	struct pv_object *o = iommu_registration_context(reg);

	o->revoked = true;
	queue(ctx, o);
}

static int init_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;
	int err;

	/* The loop must get its turn however busy the workers are. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	err = pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	return -err;
}

int pv_memory_init(struct pv *pv)
{
	struct pv_memory *m = &pv->memory;
	const struct iommu_registrar_config config = {
		.policy = pv->config.policy, .granule = pv->config.granule,
		.idle_bytes = pv->config.idle_bytes, .idle_ms = pv->config.idle_ms,
		.fall_back = pv->config.fall_back, .revoked = revoked, .revoked_ctx = pv,
	};
	int err;

	TAILQ_INIT(&m->revoked);
	m->life = 1;
	m->changes = 1;
	m->owner = (struct iommu_owner){
		.max_bytes = pv->config.limits.bytes, .max_registrations = UINT64_MAX,
	};
	err = init_lock(&m->lock);
	if (err)
		return err;
	err = guest_memory_create(&m->table);
	if (err) {
		pthread_rwlock_destroy(&m->lock);
		return err;
	}
	hca_ioas_lock(hca_of(pv));
	err = iommu_registrar_create(hca_ioas(hca_of(pv)), m->table, &config, &m->registrar);
	hca_ioas_unlock(hca_of(pv));
	if (err)
		pv_memory_fini(pv);
	return err;
}

void pv_memory_fini(struct pv *pv)
{
	struct pv_memory *m = &pv->memory;

	if (!m->table)
		return;
	hca_ioas_lock(hca_of(pv));
	iommu_registrar_destroy(m->registrar);
	hca_ioas_unlock(hca_of(pv));
	guest_memory_destroy(m->table);
	pthread_rwlock_destroy(&m->lock);
	m->table = NULL;
}

int pv_memory_add(struct pv *pv, const struct hv_memory *memory)
{
	unsigned int prot = IOMMU_READ | (memory->writable ? IOMMU_WRITE : 0);
	struct pv_memory *m = &pv->memory;
	int ret;

	hca_ioas_lock(hca_of(pv));
	ret = iommu_region_add(m->registrar, memory->gpa, memory->size, prot, memory->fd,
			       memory->offset);
	hca_ioas_unlock(hca_of(pv));
	if (ret)
		pv_log(pv, PV_LOG_ERROR, "guest memory of %llu bytes at 0x%llx cannot be used: %s",
		       (unsigned long long)memory->size, (unsigned long long)memory->gpa,
		       strerror(-ret));
	return ret;
}

void pv_memory_remove(struct pv *pv, uint64_t gpa, uint64_t size)
{
	struct pv_memory *m = &pv->memory;
	bool any;
	int ret;

	pthread_rwlock_wrlock(&m->lock);
	m->changes++;
	hca_ioas_lock(hca_of(pv));
	ret = iommu_region_remove(m->registrar, gpa, size);
	any = !TAILQ_EMPTY(&m->revoked);
	hca_ioas_unlock(hca_of(pv));
	pthread_rwlock_unlock(&m->lock);
	/* A window without memory of ours is another device's. */
	if (ret && ret != -ENOENT)
		pv_log(pv, PV_LOG_ERROR, "unmapping guest memory at 0x%llx was not confirmed: %s",
		       (unsigned long long)gpa, strerror(-ret));
	if (any)
		pv_workers_wake(pv, PV_WORK_REVOKED);
}

void pv_memory_revoke(struct pv *pv)
{
	struct pv_memory *m = &pv->memory;
	int ret;

	hca_ioas_lock(hca_of(pv));
	m->life++;
	ret = iommu_revoke_all(m->registrar);
	hca_ioas_unlock(hca_of(pv));
	if (ret)
		pv_log(pv, PV_LOG_ERROR, "unmapping the guest's memory was not confirmed: %s",
		       strerror(-ret));
}

uint64_t pv_memory_life(struct pv *pv)
{
	uint64_t life;

	hca_ioas_lock(hca_of(pv));
	life = pv->memory.life;
	hca_ioas_unlock(hca_of(pv));
	return life;
}

uint64_t pv_memory_bytes(struct pv *pv)
{
	uint64_t bytes;

	hca_ioas_lock(hca_of(pv));
	bytes = guest_memory_bytes(pv->memory.table);
	hca_ioas_unlock(hca_of(pv));
	return bytes;
}

void pv_memory_enter(struct pv *pv)
{
	pthread_rwlock_rdlock(&pv->memory.lock);
}

void pv_memory_leave(struct pv *pv)
{
	pthread_rwlock_unlock(&pv->memory.lock);
}

int pv_memory_ptr(struct pv *pv, uint64_t gpa, uint64_t len, unsigned int prot, void **out)
{
	int ret;

	hca_ioas_lock(hca_of(pv));
	ret = guest_memory_ptr(pv->memory.table, gpa, len, prot, out);
	hca_ioas_unlock(hca_of(pv));
	return ret;
}

int pv_memory_read(struct pv *pv, uint64_t gpa, void *buf, uint64_t len)
{
	void *ptr;
	int ret;

	pv_memory_enter(pv);
	ret = pv_memory_ptr(pv, gpa, len, IOMMU_READ, &ptr);
	if (!ret)
		memcpy(buf, ptr, len);
	pv_memory_leave(pv);
	return ret;
}

int pv_memory_register(struct pv *pv, uint64_t life, struct pv_object *o,
		       struct iommu_request *request, struct iommu_refusal *refusal)
{
	struct pv_memory *m = &pv->memory;
	int ret = -ESTALE;

	request->owner = &m->owner;
	*refusal = (struct iommu_refusal){ .reason = IOMMU_NOT_RAM, .err = -ESTALE };
	hca_ioas_lock(hca_of(pv));
	if (life == m->life)
		ret = iommu_register(m->registrar, request, &o->memory, refusal);
	if (!ret)
		iommu_registration_set_context(o->memory, o);
	hca_ioas_unlock(hca_of(pv));
	return ret;
}

/* Once for each time that something begins to idle. */
static void tell_idle(struct pv *pv, bool idles)
{
	if (idles && pv->config.idle && !atomic_exchange(&pv->memory.idling, true))
		pv->config.idle(pv->config.ctx);
}

void pv_memory_release(struct pv *pv, struct pv_object *o, bool confirmed)
{
	struct pv_memory *m = &pv->memory;
	struct iommu_registrar_stats stats;
	int ret;

	if (!o->memory)
		return;
	hca_ioas_lock(hca_of(pv));
	if (o->queued)
		TAILQ_REMOVE(&m->revoked, o, revoked_entry);
	o->queued = false;
	ret = confirmed ? iommu_deregister(m->registrar, o->memory) :
			  iommu_abandon(m->registrar, o->memory);
	o->memory = NULL;
	iommu_registrar_stats(m->registrar, &stats);
	hca_ioas_unlock(hca_of(pv));
	if (ret)
		pv_log(pv, PV_LOG_ERROR, "unmapping was not confirmed: its bus addresses are "
		       "not used again");
	tell_idle(pv, stats.idle_bytes);
}

void pv_memory_swap(struct pv *pv, struct pv_object *o, struct pv_object *other)
{
	struct iommu_registration *memory = o->memory;
	bool gone;

	hca_ioas_lock(hca_of(pv));
	if (o->queued)
		TAILQ_REMOVE(&pv->memory.revoked, o, revoked_entry);
	o->queued = false;
	o->memory = other->memory;
	other->memory = memory;
	iommu_registration_set_context(o->memory, o);
	iommu_registration_set_context(other->memory, other);
	gone = o->revoked = iommu_registration_revoked(o->memory);
	if (gone)
		queue(pv, o);
	hca_ioas_unlock(hca_of(pv));
	if (gone)
		pv_workers_wake(pv, PV_WORK_REVOKED);
}

bool pv_memory_is_writable(struct pv *pv, const struct pv_object *o)
{
	bool is;

	hca_ioas_lock(hca_of(pv));
	is = iommu_registration_access(o->memory) & IOMMU_WRITE;
	hca_ioas_unlock(hca_of(pv));
	return is;
}

bool pv_memory_is_revoked(struct pv *pv, const struct pv_object *o)
{
	bool is;

	hca_ioas_lock(hca_of(pv));
	is = o->revoked;
	hca_ioas_unlock(hca_of(pv));
	return is;
}

void pv_memory_published(struct pv *pv, struct pv_object *o)
{
	if (!o->revoked)
		return;
	queue(pv, o);
	pv_workers_wake(pv, PV_WORK_REVOKED);
}

bool pv_memory_next_revoked(struct pv *pv, enum pv_kind *kind, uint32_t *number)
{
	struct pv_object *o;

	hca_ioas_lock(hca_of(pv));
	o = TAILQ_FIRST(&pv->memory.revoked);
	if (o) {
		TAILQ_REMOVE(&pv->memory.revoked, o, revoked_entry);
		o->queued = false;
		*kind = o->kind;
		*number = o->number;
	}
	hca_ioas_unlock(hca_of(pv));
	return o;
}

int pv_tick(struct pv *pv)
{
	int due;

	atomic_store(&pv->memory.idling, false);
	hca_ioas_lock(hca_of(pv));
	due = iommu_registrar_tick(pv->memory.registrar);
	hca_ioas_unlock(hca_of(pv));
	if (due >= 0)
		atomic_store(&pv->memory.idling, true);
	return due;
}
