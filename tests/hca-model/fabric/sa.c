// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/hca-model/fabric/sa.h"
#include <errno.h>
#include <stdlib.h>
struct sa { int x; };
int sa_create(struct fabric *fabric, struct sa **out)
{
	(void)fabric;
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}
void sa_destroy(struct sa *sa)
{
	free(sa);
}
void sa_receive(struct fabric *fabric, unsigned int in, const struct packet *pkt)
{
	(void)fabric;
	(void)in;
	(void)pkt;
}
