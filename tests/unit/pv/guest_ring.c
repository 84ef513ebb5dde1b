// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the bed's memory and ring as a guest's driver would have them. It must
 * never know what a command means.
 */
#include <endian.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host-backend/hca/clock.h"
#include "tests/unit/pv/guest_bed.h"

static uint32_t last_detail;

static uint32_t load(const __le32 *p)
{
	return le32toh(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

static void store(__le32 *p, uint32_t value)
{
	__atomic_store_n(p, htole32(value), __ATOMIC_RELEASE);
}

/* Whether the counter going from @from to @to has passed @wake. */
static bool passes(uint32_t wake, uint32_t from, uint32_t to)
{
	return to - wake < to - from;
}

uint64_t guest_bed_pages(struct guest_bed *bed, uint64_t bytes)
{
	uint64_t gpa = GUEST_LOW + bed->low;

	bytes = (bytes + UP_PAGE - 1) / UP_PAGE * UP_PAGE;
	assert_true(bytes <= GUEST_REGION - bed->low);
	bed->low += bytes;
	memset(guest_bed_at(bed, gpa), 0, bytes);
	return gpa;
}

void *guest_bed_at(struct guest_bed *bed, uint64_t gpa)
{
	if (gpa >= GUEST_LOW && gpa - GUEST_LOW < GUEST_REGION)
		return bed->mem + (gpa - GUEST_LOW);
	if (gpa >= GUEST_HIGH && gpa - GUEST_HIGH < GUEST_REGION)
		return bed->mem + GUEST_REGION + (gpa - GUEST_HIGH);
	assert_true(gpa >= GUEST_ROM && gpa - GUEST_ROM < GUEST_ROM_BYTES);
	return bed->mem + 2 * GUEST_REGION + (gpa - GUEST_ROM);
}

static uint64_t high_page(struct guest_bed *bed)
{
	assert_true(bed->high >= 2 * UP_PAGE);
	bed->high -= 2 * UP_PAGE;	/* one stays free between two */
	return GUEST_HIGH + bed->high;
}

static void map_run(struct guest_bed *bed, uint8_t *at, const struct gpa_run *run)
{
	off_t off = (off_t)((uint8_t *)guest_bed_at(bed, run->gpa) - bed->mem);

	assert_ptr_equal(mmap(at, run->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			      bed->ram, off), at);
}

void guest_window_open(struct guest_bed *bed, uint64_t bytes, bool scattered,
		       struct guest_window *window)
{
	uint64_t size = (bytes + UP_PAGE - 1) / UP_PAGE * UP_PAGE, at = 0, len;
	void *view = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(view, MAP_FAILED);
	*window = (struct guest_window){ .ptr = view, .size = size };
	window->runs = calloc(scattered ? size / UP_PAGE : 1, sizeof(*window->runs));
	assert_non_null(window->runs);
	for (; at < size; at += len) {
		struct gpa_run *run = &window->runs[window->n_runs];

		len = scattered ? UP_PAGE : size;
		run->gpa = scattered && window->n_runs % 2 ? high_page(bed) :
			   guest_bed_pages(bed, len);
		run->size = len;
		map_run(bed, window->ptr + at, run);
		window->n_runs++;
	}
	memset(window->ptr, 0, size);
}

void guest_window_close(struct guest_window *window)
{
	if (window->ptr)
		munmap(window->ptr, window->size);
	free(window->runs);
	memset(window, 0, sizeof(*window));
}

static void put_run(struct up_run *to, const struct gpa_run *from)
{
	to->gpa = htole64(from->gpa);
	to->size = htole64(from->size);
}

/* Pages that name many runs, chained. */
static uint64_t put_chain(struct guest_bed *bed, const struct gpa_run *runs, uint32_t n)
{
	uint32_t pages = (n + UP_LIST_RUNS - 1) / UP_LIST_RUNS, i, j;
	uint64_t gpa = guest_bed_pages(bed, (uint64_t)pages * UP_PAGE);

	for (i = 0; i < pages; i++) {
		struct up_list *list = guest_bed_at(bed, gpa + (uint64_t)i * UP_PAGE);

		list->next = i + 1 < pages ? htole64(gpa + (i + 1ull) * UP_PAGE) : 0;
		for (j = 0; j < UP_LIST_RUNS && i * UP_LIST_RUNS + j < n; j++)
			put_run(&list->runs[j], &runs[i * UP_LIST_RUNS + j]);
	}
	return gpa;
}

void guest_window_pages(struct guest_bed *bed, const struct guest_window *window, uint64_t offset,
			uint64_t bytes, struct up_pages *pages)
{
	uint64_t first = offset / UP_PAGE, last = (offset + bytes - 1) / UP_PAGE, page = 0;
	struct gpa_run *runs = calloc(window->n_runs, sizeof(*runs));
	uint32_t n = 0, i;

	assert_non_null(runs);
	assert_true(last < window->size / UP_PAGE);
	for (i = 0; i < window->n_runs; i++) {
		uint64_t len = window->runs[i].size / UP_PAGE;
		uint64_t from = first > page ? first - page : 0;
		uint64_t to = last - page + 1 < len ? last - page + 1 : len;

		if (page <= last && from < len && from < to)
			runs[n++] = (struct gpa_run){ window->runs[i].gpa + from * UP_PAGE,
						      (to - from) * UP_PAGE };
		page += len;
	}
	*pages = (struct up_pages){ .n_runs = htole32(n), .offset = htole32(offset % UP_PAGE),
				    .bytes = htole64(bytes) };
	if (n > UP_INLINE_RUNS)
		pages->list = htole64(put_chain(bed, runs, n));
	for (i = 0; n <= UP_INLINE_RUNS && i < n; i++)
		put_run(&pages->runs[i], &runs[i]);
	free(runs);
}

static uint32_t free_slot(struct guest_bed *bed)
{
	uint32_t slot = 0;

	while (slot < UP_SLOTS && bed->busy >> slot & 1)
		slot++;
	assert_true(slot < UP_SLOTS);
	bed->busy |= 1ull << slot;
	bed->done &= ~(1ull << slot);
	return slot;
}

uint32_t guest_bed_submit(struct guest_bed *bed, uint32_t opcode, const void *in, uint32_t len)
{
	uint32_t number = free_slot(bed);
	struct up_slot *slot = &bed->ring->slots[number];

	memset(slot, 0, sizeof(*slot));
	slot->opcode = htole32(opcode);
	slot->length = htole32(len);
	slot->sequence = htole32(++bed->sequence);
	bed->slot_sequence[number] = bed->sequence;
	if (len)
		memcpy(slot->data, in, len < UP_SLOT_DATA ? len : UP_SLOT_DATA);
	store(&bed->ring->submissions[bed->submitted % UP_SLOTS], number);
	bed->submitted++;
	store(&bed->ring->submit, bed->submitted);
	atomic_thread_fence(memory_order_seq_cst);
	if (passes(load(&bed->ring->submit_wake), bed->submitted - 1, bed->submitted))
		guest_bed_write(bed, UP_REG_KICK, 1);
	return number;
}

/* Completions that are there. */
static void take_completions(struct guest_bed *bed)
{
	while (load(&bed->ring->complete) != bed->seen) {
		const struct up_completion *c = &bed->ring->completions[bed->seen % UP_SLOTS];
		uint32_t slot = le32toh(c->slot);

		assert_true(slot < UP_SLOTS);
		assert_true(bed->busy >> slot & 1);
		assert_int_equal(le32toh(c->sequence), bed->slot_sequence[slot]);
		bed->done |= 1ull << slot;
		bed->seen++;
		store(&bed->ring->complete_seen, bed->seen);
	}
}

static void wait_interrupt(struct guest_bed *bed, unsigned int ms)
{
	struct pollfd pfd = { .fd = bed->irq[0], .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, (int)ms) == 1 && read(bed->irq[0], &count, sizeof(count)) < 0)
		return;
}

/* As a driver sleeps: say so, look again. */
static void sleep_for_completion(struct guest_bed *bed, unsigned int ms)
{
	store(&bed->ring->complete_wake, bed->seen + 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (load(&bed->ring->complete) == bed->seen)
		wait_interrupt(bed, ms);
}

void guest_bed_wait_any(struct guest_bed *bed, uint32_t slot)
{
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS, now;

	for (take_completions(bed); !(bed->done >> slot & 1); take_completions(bed)) {
		now = hca_now_ms();
		if (now > end)
			fail_msg("no answer to command 0x%x",
				 le32toh(bed->ring->slots[slot].opcode));
		sleep_for_completion(bed, (unsigned int)(end - now));
	}
	bed->busy &= ~(1ull << slot);
}

enum up_result guest_bed_wait(struct guest_bed *bed, uint32_t slot, void *out, uint32_t out_len)
{
	const struct up_slot *s = &bed->ring->slots[slot];
	uint32_t result;

	guest_bed_wait_any(bed, slot);
	result = le32toh(s->status);
	last_detail = le32toh(s->detail);
	assert_int_equal(le32toh(s->out_length), result ? 0 : out_len);
	if (!result && out_len)
		memcpy(out, s->data, out_len);
	return result;
}

enum up_result guest_bed_command(struct guest_bed *bed, uint32_t opcode, const void *in,
				 uint32_t len, void *out, uint32_t out_len)
{
	return guest_bed_wait(bed, guest_bed_submit(bed, opcode, in, len), out, out_len);
}

uint32_t guest_bed_detail(struct guest_bed *bed)
{
	(void)bed;
	return last_detail;
}

bool guest_bed_event(struct guest_bed *bed, struct up_event *event, unsigned int ms)
{
	uint64_t end = hca_now_ms() + ms, now;

	while (load(&bed->ring->event) == bed->events_seen) {
		now = hca_now_ms();
		if (now >= end)
			return false;
		store(&bed->ring->event_wake, bed->events_seen + 1);
		atomic_thread_fence(memory_order_seq_cst);
		if (load(&bed->ring->event) == bed->events_seen)
			wait_interrupt(bed, (unsigned int)(end - now));
	}
	*event = bed->ring->events[bed->events_seen % UP_EVENTS];
	bed->events_seen++;
	store(&bed->ring->event_seen, bed->events_seen);
	return true;
}
