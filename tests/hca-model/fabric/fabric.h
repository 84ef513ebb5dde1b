/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the fabric: the switch that joins the ports, its subnet manager, and
 * the faults it is told to make. It must never know HCAs.
 */
#ifndef HCA_MODEL_FABRIC_FABRIC_H
#define HCA_MODEL_FABRIC_FABRIC_H

#include <stdbool.h>

struct event_base;
struct fabric;

int fabric_create(struct event_base *base, struct fabric **out);
/* Destroys what ports are left, too. */
void fabric_destroy(struct fabric *fabric);

/**
 * fabric_set_sm - switch the built-in subnet manager and its SA on or off
 * @fabric: the fabric; the SM is on after fabric_create()
 * @on:     off leaves ports, LIDs and forwarding tables as they are, for an SM
 *          from outside; its multicast groups are gone. On takes the subnet over.
 *
 * Return: 0, -ENOMEM.
 */
int fabric_set_sm(struct fabric *fabric, bool on);

#endif
