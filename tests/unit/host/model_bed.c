// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the bed of the host side's tests: strict HCA models, served by
 * vfio-user from a thread of their own. It must never know what a test is
 * after, nor anything of the product.
 */
#include "tests/unit/host/model_bed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "hv/vfio-user/server.h"
#include "tests/hca-model/control.h"
#include "tests/hca-model/model.h"

enum { DETACH_MS = 5000, LINE = 512 };

enum phase { RUNNING, WANTED, PARKED };	/* of the model's thread */

/*
 * Whoever wants to touch the model wakes its loop, which then waits in
 * park() until it is released.
 */
struct model_bed {
	struct model *model;		/* NULL: killed */
	char dir[32];
	char device[MODEL_BED_MAX_HCAS][64];
	struct hca *hca[MODEL_BED_MAX_HCAS];
	unsigned int n;
	struct { uint64_t objects, pages, ranges, faults; } forgiven[MODEL_BED_MAX_HCAS];
	pthread_t thread;
	bool threaded;
	int wake;			/* eventfd */
	struct event *wake_event;
	pthread_mutex_t mutex;		/* guards the following */
	pthread_cond_t changed;
	enum phase phase;
	unsigned int depth;		/* of locks; the test's thread only */
	bool stop;
};

static void park(evutil_socket_t fd, short what, void *arg)
{
	struct model_bed *bed = arg;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0)
		return;
	pthread_mutex_lock(&bed->mutex);
	if (bed->phase == WANTED) {
		bed->phase = PARKED;
		pthread_cond_broadcast(&bed->changed);
		while (bed->phase == PARKED)
			pthread_cond_wait(&bed->changed, &bed->mutex);
	}
	if (bed->stop)
		event_base_loopbreak(bed->model->base);
	pthread_mutex_unlock(&bed->mutex);
}

static void *run(void *arg)
{
	struct model_bed *bed = arg;

	event_base_dispatch(bed->model->base);
	return NULL;
}

void model_bed_lock(struct model_bed *bed)
{
	const uint64_t one = 1;

	if (bed->depth++)
		return;
	pthread_mutex_lock(&bed->mutex);
	bed->phase = WANTED;
	assert_int_equal(write(bed->wake, &one, sizeof(one)), sizeof(one));
	while (bed->phase != PARKED)
		pthread_cond_wait(&bed->changed, &bed->mutex);
	pthread_mutex_unlock(&bed->mutex);
}

static void release(struct model_bed *bed, bool stop)
{
	pthread_mutex_lock(&bed->mutex);
	bed->phase = RUNNING;
	bed->stop = stop;
	pthread_cond_broadcast(&bed->changed);
	pthread_mutex_unlock(&bed->mutex);
}

void model_bed_unlock(struct model_bed *bed)
{
	assert_true(bed->depth > 0);
	if (!--bed->depth)
		release(bed, false);
}

static int serve(struct model_bed *bed, unsigned int i, bool vf)
{
	const char name[2] = { (char)('a' + i) };
	char path[48];
	struct model_hca_config config = { .name = name, .socket_path = path, .listen_fd = -1,
					   .vf = vf, .strict = true };

	snprintf(path, sizeof(path), "%s/%s", bed->dir, name);
	snprintf(bed->device[i], sizeof(bed->device[i]), "vfio-user:%s", path);
	return model_add_hca(bed->model, &config, &bed->hca[i]);
}

static FILE *open_log(const char *variable, const char *otherwise)
{
	const char *path = getenv(variable);

	path = path ? path : otherwise;
	return path ? fopen(path, "ae") : NULL;
}

static int start(struct model_bed *bed, bool vf)
{
	unsigned int i;

	if (model_create(&bed->model))
		return -1;
	bed->model->log = open_log("HCA_LOG", "/dev/null");
	bed->model->trace = open_log("HCA_TRACE", NULL);
	if (!bed->model->log)
		return -1;
	for (i = 0; i < bed->n; i++)
		if (serve(bed, i, vf))
			return -1;
	bed->wake_event = event_new(bed->model->base, bed->wake, EV_READ | EV_PERSIST, park, bed);
	if (!bed->wake_event || event_add(bed->wake_event, NULL) ||
	    pthread_create(&bed->thread, NULL, run, bed))
		return -1;
	bed->threaded = true;
	return 0;
}

int model_bed_open(unsigned int n_hcas, bool vf, struct model_bed **out)
{
	struct model_bed *bed = calloc(1, sizeof(*bed));

	if (!bed || n_hcas > MODEL_BED_MAX_HCAS) {
		free(bed);
		return -1;
	}
	bed->n = n_hcas;
	pthread_mutex_init(&bed->mutex, NULL);
	pthread_cond_init(&bed->changed, NULL);
	bed->wake = eventfd(0, EFD_CLOEXEC);
	strcpy(bed->dir, "/tmp/model-bed-XXXXXX");
	if (bed->wake < 0 || !mkdtemp(bed->dir) || start(bed, vf)) {
		model_bed_drop(bed);
		return -1;
	}
	*out = bed;
	return 0;
}

void model_bed_kill(struct model_bed *bed)
{
	FILE *log = bed->model->log, *trace = bed->model->trace;

	if (bed->threaded) {
		model_bed_lock(bed);
		bed->depth = 0;
		release(bed, true);
		pthread_join(bed->thread, NULL);
		bed->threaded = false;
	}
	if (bed->wake_event)
		event_free(bed->wake_event);
	bed->wake_event = NULL;
	model_destroy(bed->model);
	bed->model = NULL;
	if (log && log != stderr)
		fclose(log);
	if (trace)
		fclose(trace);
}

void model_bed_drop(struct model_bed *bed)
{
	if (bed->model)
		model_bed_kill(bed);
	if (bed->wake >= 0)
		close(bed->wake);
	rmdir(bed->dir);
	pthread_cond_destroy(&bed->changed);
	pthread_mutex_destroy(&bed->mutex);
	free(bed);
}

void model_bed_close(struct model_bed *bed)
{
	if (bed->model)
		model_bed_assert_clean(bed);
	model_bed_drop(bed);
}

int model_bed_setup_pf(void **state)
{
	return model_bed_open(1, false, (struct model_bed **)state);
}

int model_bed_setup_vf(void **state)
{
	return model_bed_open(1, true, (struct model_bed **)state);
}

int model_bed_setup_pair(void **state)
{
	return model_bed_open(2, false, (struct model_bed **)state);
}

int model_bed_teardown(void **state)
{
	model_bed_close(*state);
	return 0;
}

const char *model_bed_device(const struct model_bed *bed, unsigned int i)
{
	assert_true(i < bed->n);
	return bed->device[i];
}

static uint32_t sum(const struct object_counts *c)
{
	return c->uar + c->pd + c->xrcd + c->mkey + c->eq + c->cq + c->qp + c->srq + c->counter +
	       c->umem + c->mcg;
}

void model_bed_counts(struct model_bed *bed, unsigned int i, struct model_bed_counts *out)
{
	const struct hca *hca = bed->hca[i];
	const struct vfu_dma *map;
	struct object_counts c;

	assert_true(i < bed->n && bed->model);
	model_bed_lock(bed);
	map = vfu_server_dma(hca->server);
	objects_count(hca, &c);
	*out = (struct model_bed_counts){
		.attached = vfu_server_attached(hca->server), .dead = hca->dead,
		.bus_master = hca->pci.config[PCI_COMMAND] & PCI_COMMAND_MASTER,
		.active = hca->port->state == PORT_ACTIVE, .lid = hca->port->lid,
		.dma_ranges = map ? vfu_dma_count(map) : 0,
		.dma_bytes = map ? vfu_dma_bytes(map) : 0,
		.dma_faults = hca->dma.faults, .last_fault = hca->dma.last_fault,
		.commands = hca->cmdq.executed, .refused = hca->cmdq.refused,
		.interrupts = hca->pci.interrupts, .pages = c.pages, .objects = sum(&c),
		.uar = c.uar, .pd = c.pd, .xrcd = c.xrcd, .mkey = c.mkey, .eq = c.eq, .cq = c.cq,
		.qp = c.qp, .srq = c.srq, .counter = c.counter, .umem = c.umem, .mcg = c.mcg,
		.swept_objects = sum(&hca->obj.swept), .swept_pages = hca->obj.swept.pages,
		.swept_ranges = hca->dma.swept,
	};
	model_bed_unlock(bed);
}

void model_bed_wait_detached(struct model_bed *bed)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct model_bed_counts c;
	unsigned int i, ms = 0;

	for (i = 0; i < bed->n; i++)
		for (model_bed_counts(bed, i, &c); c.attached; model_bed_counts(bed, i, &c)) {
			if (ms++ >= DETACH_MS)
				fail_msg("HCA %u still has a client", i);
			nanosleep(&pause, NULL);
		}
}

void model_bed_assert_clean(struct model_bed *bed)
{
	struct model_bed_counts c;
	unsigned int i;

	model_bed_wait_detached(bed);
	for (i = 0; i < bed->n; i++) {
		model_bed_counts(bed, i, &c);
		assert_int_equal(c.objects, 0);
		assert_int_equal(c.pages, 0);
		assert_int_equal(c.dma_ranges, 0);
		assert_int_equal(c.swept_objects, bed->forgiven[i].objects);
		assert_int_equal(c.swept_pages, bed->forgiven[i].pages);
		assert_int_equal(c.swept_ranges, bed->forgiven[i].ranges);
		assert_int_equal(c.dma_faults, bed->forgiven[i].faults);
	}
}

void model_bed_forgive(struct model_bed *bed)
{
	struct model_bed_counts c;
	unsigned int i;

	for (i = 0; i < bed->n; i++) {
		model_bed_counts(bed, i, &c);
		bed->forgiven[i].objects = c.swept_objects;
		bed->forgiven[i].pages = c.swept_pages;
		bed->forgiven[i].ranges = c.swept_ranges;
		bed->forgiven[i].faults = c.dma_faults;
	}
}

void model_bed_control(struct model_bed *bed, const char *fmt, ...)
{
	char line[LINE], *answer;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	model_bed_lock(bed);
	answer = control_execute(bed->model, line);
	model_bed_unlock(bed);
	assert_non_null(answer);
	if (!strstr(answer, "\"ok\":true"))
		fail_msg("%s: %s", line, answer);
	free(answer);
}

int model_bed_dma_read(struct model_bed *bed, unsigned int i, uint64_t iova, void *buf, size_t len)
{
	int ret;

	model_bed_lock(bed);
	ret = dma_read(bed->hca[i], iova, buf, len);
	model_bed_unlock(bed);
	return ret;
}

int model_bed_dma_write(struct model_bed *bed, unsigned int i, uint64_t iova, const void *buf,
			size_t len)
{
	int ret;

	model_bed_lock(bed);
	ret = dma_write(bed->hca[i], iova, buf, len);
	model_bed_unlock(bed);
	return ret;
}

void model_bed_interrupt(struct model_bed *bed, unsigned int i, unsigned int vector)
{
	model_bed_lock(bed);
	pci_interrupt(bed->hca[i], vector);
	model_bed_unlock(bed);
}
