/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the commands of all objects begin and end with. Private to the
 * objects; must never know one of them.
 */
#ifndef HCA_OBJECT_H
#define HCA_OBJECT_H

#include "host-backend/hca/command.h"
#include "host-backend/hca/hca.h"
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/opcodes.h"

static inline void hca_object_head(void *in, enum hca_opcode opcode, uint16_t op_mod)
{
	ifc_set(in, cmd_in__opcode, opcode);
	ifc_set(in, cmd_in__op_mod, op_mod);
}

/* Where all answers have the number of a new object, and the bits above it, which are none. */
enum {
	object_out__zero = IFC(0x40, 8),
	object_out__number = IFC(0x48, 24),
	object_out__SIZE = 0x10,
	object_status__SIZE = 0x10,	/* an answer that carries nothing */
};

/**
 * hca_object_create() - run a command that makes an object
 * @hca: HCA
 * @in: command
 * @ilen: bytes
 * @number: of the object
 *
 * Return: 0; errors of hca_cmd(), -EIO also when the answer has no number.
 */
int hca_object_create(struct hca *hca, const void *in, size_t ilen, uint32_t *number);

/*
 * An input of @fixed bytes and a list of @n entries of @entry bytes, zeroed; @len:
 * together. NULL: no memory.
 */
void *hca_object_input(size_t fixed, uint64_t n, size_t entry, size_t *len);

#endif
