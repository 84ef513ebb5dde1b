/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how a field of a firmware layout is named and read: (bit offset, width)
 * in big-endian dwords. It must never know any particular layout.
 */
#ifndef UNDERPASS_IFC_H
#define UNDERPASS_IFC_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/*
 * A field is one integer: its offset in bits from the start of its structure
 * and its width in bits (1..32 within one dword, or 64 on a dword border).
 * Bit 0 is the most significant bit of the first byte.
 */
#define IFC(bit, width)		((uint32_t)(bit) << 7 | (uint32_t)(width))
#define IFC_BIT(field)		((uint32_t)(field) >> 7)
#define IFC_WIDTH(field)	((uint32_t)(field) & 0x7f)

static inline uint32_t ifc_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline void ifc_store32(void *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline uint64_t ifc_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline void ifc_store64(void *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

/* The bits of its dword that a field of up to 32 bits takes. */
static inline uint32_t ifc_mask(uint32_t field)
{
	uint32_t width = IFC_WIDTH(field);

	return width == 32 ? 0xffffffffu : (1u << width) - 1;
}

static inline uint32_t ifc_shift(uint32_t field)
{
	return 32 - IFC_WIDTH(field) - (IFC_BIT(field) & 31);
}

/**
 * ifc_get - read one field
 * @base:  start of the structure the field belongs to
 * @field: an IFC() constant of that structure
 */
static inline uint64_t ifc_get(const void *base, uint32_t field)
{
	const uint8_t *p = (const uint8_t *)base + IFC_BIT(field) / 32 * 4;

	if (IFC_WIDTH(field) == 64)
		return ifc_load64(p);
	return ifc_load32(p) >> ifc_shift(field) & ifc_mask(field);
}

/**
 * ifc_set - write one field, leaving its neighbours alone
 * @base:  start of the structure the field belongs to
 * @field: an IFC() constant of that structure
 * @value: the value; bits beyond the field's width are dropped
 */
static inline void ifc_set(void *base, uint32_t field, uint64_t value)
{
	uint8_t *p = (uint8_t *)base + IFC_BIT(field) / 32 * 4;
	uint32_t mask;

	if (IFC_WIDTH(field) == 64) {
		ifc_store64(p, value);
		return;
	}
	mask = ifc_mask(field) << ifc_shift(field);
	ifc_store32(p, (ifc_load32(p) & ~mask) |
		       ((uint32_t)value << ifc_shift(field) & mask));
}

/* The fields that every command has at the same place (mlx5_ifc.h, *_in, *_out). */
enum {
	cmd_in__opcode = IFC(0x00, 16),
	cmd_in__uid = IFC(0x10, 16),
	cmd_in__op_mod = IFC(0x30, 16),
	cmd_out__status = IFC(0x00, 8),
	cmd_out__syndrome = IFC(0x20, 32),
};

#endif
