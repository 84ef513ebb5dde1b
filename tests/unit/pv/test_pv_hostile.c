// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about a guest that does what it can: commands with any
 * field anything, doorbells anywhere, registers, memory that comes and goes, all
 * by chance with a seed. Nothing but its own registered memory is reached, and
 * afterwards all is as before. PV_HOSTILE: how many rounds; PV_SEED: the seed.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pv/guest_world.h"

enum { ROUNDS = 6000, KEPT = 64 };

struct chance {
	uint64_t state;
	uint32_t numbers[KEPT];		/* that the device gave */
	unsigned int n;
};

static uint32_t draw(struct chance *c, uint32_t below)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return (uint32_t)(c->state >> 16) % below;
}

static uint64_t anything(struct chance *c)
{
	switch (draw(c, 8)) {
	case 0:
		return 0;
	case 1:
		return draw(c, 300);
	case 2:
		return 1ull << draw(c, 64);
	case 3:
		return -(uint64_t)draw(c, 10000);
	case 4:
		return c->n ? c->numbers[draw(c, c->n)] : 1;
	case 5:
		return GUEST_LOW + (uint64_t)draw(c, GUEST_REGION / UP_PAGE) * UP_PAGE;
	case 6:
		return (uint64_t)draw(c, 64) * UP_PAGE;
	default:
		return (uint64_t)draw(c, UINT32_MAX) << 32 | draw(c, UINT32_MAX);
	}
}

static void mutate(struct chance *c, uint8_t *in, uint32_t len)
{
	static const size_t sizes[] = { 1, 2, 4, 4, 4, 8 };
	uint32_t times = draw(c, 4);
	uint64_t value;
	size_t size, at;

	while (times-- && len) {
		size = sizes[draw(c, 6)];
		if (size > len)
			continue;
		at = draw(c, (uint32_t)(len / size)) * size;
		value = htole64(anything(c));
		memcpy(in + at, &value, size);
	}
}

static void keep(struct chance *c, const void *out)
{
	uint32_t number;

	memcpy(&number, out, sizeof(number));
	if (c->n < KEPT)
		c->numbers[c->n++] = le32toh(number);
	else
		c->numbers[draw(c, KEPT)] = le32toh(number);
}

/* A slot by hand: what comes back may be anything but too late. */
static void one_command(struct guest_world *w, struct chance *c)
{
	uint8_t in[UP_SLOT_DATA] = { 0 };
	struct guest_bed *bed = w->v.bed;
	uint32_t n, opcode, len, slot;
	struct up_slot *s;

	for (n = 0; guest_world_opcodes[n]; n++)
		;
	opcode = guest_world_opcodes[draw(c, n)];
	if (guest_world_answer(opcode) || opcode == UP_MODIFY_QP || opcode == UP_RESIZE_CQ ||
	    opcode == UP_MODERATE_CQ || opcode == UP_ARM_SRQ || opcode == UP_ATTACH_MCAST ||
	    opcode == UP_REREG_MR)
		len = guest_world_command(w, opcode, in);
	else
		len = opcode == UP_DETACH_MCAST ? sizeof(struct up_mcast) :
						  sizeof(struct up_number);
	if (len == sizeof(struct up_number) && c->n) {
		uint32_t number = htole32(c->numbers[draw(c, c->n)]);

		memcpy(in, &number, sizeof(number));
	}
	mutate(c, in, len);
	slot = guest_bed_submit(bed, draw(c, 50) ? opcode : draw(c, 0x80), in,
				draw(c, 50) ? len : draw(c, UP_SLOT_DATA + 20));
	s = &bed->ring->slots[slot];
	guest_bed_wait_any(bed, slot);
	if (!s->status && le32toh(s->out_length) == 8)
		keep(c, s->data);
}

static void one_doorbell(struct guest_world *w, struct chance *c)
{
	uint32_t page = draw(c, 4) ? w->v.page : draw(c, 8);
	uint32_t off = draw(c, 3) ? (draw(c, 2) ? 0x800 : 0x20) : draw(c, 512) * 8;
	uint32_t number = c->n ? c->numbers[draw(c, c->n)] : w->rc.qpn;

	if (draw(c, 2))
		guest_bed_doorbell(w->v.bed, page, off, (uint32_t)anything(c),
				   draw(c, 2) ? number << 8 | 3 : number);
	else
		guest_bed_doorbell32(w->v.bed, page, off, (uint32_t)anything(c));
}

static void scribble(struct guest_world *w, struct chance *c)
{
	struct guest_window *where[] = {
		&w->ring, &w->records, &w->rc.ring, &w->v.records, &w->v.scq.ring, &w->mr.memory,
	};
	struct guest_window *window = where[draw(c, 6)];
	uint64_t value = draw(c, 2) ? anything(c) : htobe64(anything(c));

	memcpy(window->ptr + (uint64_t)draw(c, (uint32_t)(window->size / 8)) * 8, &value, 8);
}

static void one_round(struct guest_world *w, struct chance *c)
{
	uint32_t what = draw(c, 100);

	if (what < 60)
		one_command(w, c);
	else if (what < 85)
		one_doorbell(w, c);
	else if (what < 98)
		scribble(w, c);
	else
		guest_bed_write(w->v.bed, draw(c, 2) ? UP_REG_KICK : UP_REG_RING_LOW,
				(uint32_t)anything(c));
}

static unsigned long number_of(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void a_hostile_guest_harms_nobody(void **state)
{
	unsigned long rounds = number_of("PV_HOSTILE", ROUNDS), i;
	struct chance c = { .state = number_of("PV_SEED", 88172645463325252ul) };
	struct guest_bed *bed = *state;
	struct guest_world w;

	for (i = 0; i < rounds; ) {
		guest_world_open(bed, &w);
		for (c.n = 0; i < rounds && bed->low < GUEST_REGION / 2; i++)
			one_round(&w, &c);
		/* What a WQE names beyond its keys is refused by them: the HCA never tried. */
		assert_int_equal(guest_bed_counts(bed).dma_faults, bed->base.dma_faults);
		guest_bed_stop(bed);
		guest_world_forget(&w);
		guest_bed_assert_empty(bed);
		guest_bed_start(bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(a_hostile_guest_harms_nobody),
	};

	return cmocka_run_group_tests_name("hostile guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
