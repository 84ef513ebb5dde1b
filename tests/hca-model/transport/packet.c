// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a packet: the IBA headers as decoded fields, plus the payload. It must
 * never know who sends it.
 */
#include "tests/hca-model/transport/packet.h"

#include <stdlib.h>
#include <string.h>

void packet_copy_out(const struct packet *p, uint32_t off, void *dst, uint32_t len)
{
	uint8_t *to = dst;

	for (unsigned int i = 0; i < p->n_sg && len; i++) {
		size_t have = p->sg[i].iov_len;
		size_t n;

		if (off >= have) {
			off -= (uint32_t)have;
			continue;
		}
		n = have - off < len ? have - off : len;
		/* a loopback may copy within one buffer */
		memmove(to, (const uint8_t *)p->sg[i].iov_base + off, n);
		to += n;
		len -= (uint32_t)n;
		off = 0;
	}
}

struct packet *packet_dup(const struct packet *p)
{
	struct packet *copy = malloc(sizeof(*copy) + p->len);

	if (!copy)
		return NULL;
	*copy = *p;
	copy->n_sg = 0;
	if (p->len) {
		packet_copy_out(p, 0, copy + 1, p->len);
		copy->sg[0] = (struct iovec) { .iov_base = copy + 1, .iov_len = p->len };
		copy->n_sg = 1;
	}
	return copy;
}

static const char *const op_names[] = {
	"SEND_FIRST", "SEND_MIDDLE", "SEND_LAST", "SEND_LAST_IMM", "SEND_ONLY",
	"SEND_ONLY_IMM", "WRITE_FIRST", "WRITE_MIDDLE", "WRITE_LAST", "WRITE_LAST_IMM",
	"WRITE_ONLY", "WRITE_ONLY_IMM", "READ_REQUEST", "READ_RESP_FIRST",
	"READ_RESP_MIDDLE", "READ_RESP_LAST", "READ_RESP_ONLY", "ACK", "ATOMIC_ACK",
	"COMPARE_SWAP", "FETCH_ADD", "RESERVED", "SEND_LAST_INV", "SEND_ONLY_INV",
};

const char *packet_opcode_name(uint8_t opcode)
{
	unsigned int op = opcode & 0x1f;

	return op < sizeof(op_names) / sizeof(op_names[0]) ? op_names[op] : "?";
}
