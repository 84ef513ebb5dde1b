/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what several command lines share: the option of the device, numbers, the
 * exit status of a wrong one. Must never know what a program does with them.
 */
#ifndef TESTS_LAB_VERBS_OPTIONS_H
#define TESTS_LAB_VERBS_OPTIONS_H

#include <argp.h>
#include <stdint.h>

enum { VERBS_KEY_DEVICE = 'd' };

#define VERBS_OPTION_DEVICE \
	{ "device", VERBS_KEY_DEVICE, "NAME", 0, "RDMA device (default: the first one)", 0 }

/**
 * verbs_options_parse() - read the command line
 * @argp: the options; its parser gets @input
 * @argc: of main()
 * @argv: of main()
 * @input: where the parser puts what it read
 *
 * Returns only if all is well; otherwise ends the program with status 2.
 */
void verbs_options_parse(const struct argp *argp, int argc, char **argv, void *input);

/**
 * verbs_options_number() - a number, or end the program with status 2
 * @state: of the parser, for the complaint
 * @text: decimal, or with 0x; K, M or G (powers of 1024) may follow
 * @min: lowest allowed
 * @max: highest allowed
 *
 * Return: the number.
 */
uint64_t verbs_options_number(struct argp_state *state, const char *text, uint64_t min, uint64_t max);

#endif
