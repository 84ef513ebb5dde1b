// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Owns membership of QPs in multicast groups. Must never know how groups are joined. */
#include "command.h"
#include "verbs.h"

static int command(struct ib_qp *ibqp, const union ib_gid *gid, enum up_opcode opcode)
{
	struct up_mcast in = { .qpn = cpu_to_le32(to_up_qp(ibqp)->qpn) };

	memcpy(in.gid, gid->raw, sizeof(in.gid));
	return up_command(to_up_dev(ibqp->device), opcode, &in, sizeof(in), NULL, 0);
}

int up_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	return command(ibqp, gid, UP_ATTACH_MCAST);
}

int up_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	int err = command(ibqp, gid, UP_DETACH_MCAST);

	/* A lost device has no members. */
	return err == -EIO ? 0 : err;
}
