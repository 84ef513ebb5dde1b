// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order of attacks: an honest world, what leaves it whole, what does
 * not, what ends it, and anew. Must never know how an attack is made.
 */
#include <linux/delay.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "device.h"

enum { EXACT_BATCHES = 24, WILD_BATCHES = 12, SPOIL_BATCHES = 3, WORLD_TRIES = 3 };

static char *classes = "";
module_param(classes, charp, 0444);
MODULE_PARM_DESC(classes, "attacks to make, by name, with commas between (all)");

const struct attack attacks[ATTACKS] = {
	[ATTACK_MALFORMED] = { "malformed", PHASE_EXACT, 30, attack_malformed },
	[ATTACK_VALUES] = { "values", PHASE_EXACT, 25, attack_values },
	[ATTACK_LISTS] = { "lists", PHASE_EXACT, 25, attack_lists },
	[ATTACK_OBJECTS] = { "objects", PHASE_EXACT, 30, attack_objects },
	[ATTACK_REPLAYS] = { "replays", PHASE_EXACT, 20, attack_replays },
	[ATTACK_WQES] = { "wqes", PHASE_EXACT, 20, attack_wqes },
	[ATTACK_REGISTERS] = { "registers", PHASE_EXACT, 10, attack_registers },
	[ATTACK_MUTATED] = { "mutated", PHASE_WILD, 50, attack_mutated },
	[ATTACK_DOORBELLS] = { "doorbells", PHASE_WILD, 20, attack_doorbells },
	[ATTACK_RACES] = { "races", PHASE_WILD, 30, attack_races },
	[ATTACK_RING] = { "ring", PHASE_SPOIL, 50, attack_ring },
	[ATTACK_START] = { "start", PHASE_SPOIL, 20, attack_start },
	[ATTACK_CONFIG] = { "config", PHASE_SPOIL, 30, attack_config },
};

/* Whether the parameter names it; an empty one names all. */
static bool chosen(const struct attack *attack)
{
	size_t len = strlen(attack->name);
	const char *at = classes;

	if (!*at)
		return true;
	while ((at = strstr(at, attack->name))) {
		if ((at == classes || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
		at += len;
	}
	return false;
}

/* ATTACKS: none of this phase is wanted. */
static enum attack_id draw(struct hostile *h, enum attack_phase phase)
{
	unsigned int sum = 0, i;
	u32 at;

	for (i = 0; i < ATTACKS; i++)
		if (attacks[i].phase == phase && chosen(&attacks[i]))
			sum += attacks[i].weight;
	if (!sum)
		return ATTACKS;
	at = chance_below(&h->chance, sum);
	for (i = 0; i < ATTACKS; i++) {
		if (attacks[i].phase != phase || !chosen(&attacks[i]))
			continue;
		if (at < attacks[i].weight)
			break;
		at -= attacks[i].weight;
	}
	return i;
}

static bool enough(const struct hostile *h)
{
	return figures.fired >= figures.count || kthread_should_stop();
}

/* Batches of one phase, while the device lives. */
static void run_phase(struct hostile *h, enum attack_phase phase, unsigned int batches)
{
	enum attack_id id;

	while (batches-- && !enough(h) && !h->ring.over) {
		id = draw(h, phase);
		if (id == ATTACKS)
			return;
		figures.now = id;
		attacks[id].run(h);
		figures.now = ATTACKS;
		cond_resched();
	}
}

static void check_canaries(struct hostile *h)
{
	figures.broken_canaries += memory_check(h);
	figures.canary_checks++;
}

static int open_world(struct hostile *h)
{
	unsigned int tries;

	for (tries = 0; tries < WORLD_TRIES && !kthread_should_stop(); tries++)
		if (!world_open(h))
			return 0;
	return -EIO;
}

/* The first one meets a world; all meet a device that is ready. */
static void spoil(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < SPOIL_BATCHES && !enough(h); i++) {
		if (h->ring.over && device_restart(h))
			return;
		run_phase(h, PHASE_SPOIL, 1);
	}
}

static int run_round(struct hostile *h)
{
	int err = open_world(h);

	if (err)
		return err;
	run_phase(h, PHASE_EXACT, EXACT_BATCHES);
	if (h->ring.over && !enough(h)) {
		/* Nothing of this phase is a reason for the device to stop. */
		figures_unexpected("the device stopped: status %u",
				   device_read(h, UP_REG_STATUS));
	}
	run_phase(h, PHASE_WILD, WILD_BATCHES);
	spoil(h);
	check_canaries(h);
	return 0;
}

void hostile_rounds(struct hostile *h)
{
	int err = 0;

	figures.state = "running";
	while (!err && !enough(h))
		err = run_round(h);
	/* The device still does honest work, whatever it was told. */
	if (!err && !kthread_should_stop())
		err = open_world(h);
	if (kthread_should_stop())
		figures.state = "stopped";
	else
		figures.state = err ? "broken" : "done";
	if (!kthread_should_stop() && device_reset(h))
		figures.state = "broken";
	check_canaries(h);
	figures_tell();
}
