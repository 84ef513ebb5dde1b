// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the client's half of version and capability negotiation (section
 * "VFIO_USER_VERSION"). Must never know any other command.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "hv/vfio-user/client_private.h"

static int read_number(const json_t *caps, const char *name, uint64_t max,
		       uint64_t *value)
{
	const json_t *number = json_object_get(caps, name);

	if (!number)
		return 0;
	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return -EPROTO;
	*value = (uint64_t)json_integer_value(number);
	if (*value > max)
		*value = max;
	return 0;
}

static int read_caps(struct vfu_client *c, const json_t *caps)
{
	uint64_t fds = VFU_DEFAULT_FDS, data = VFU_MAX_DATA;
	int ret;

	c->limits.max_dma_maps = VFU_DEFAULT_MAPS;
	c->limits.pgsizes = VFU_PAGE_SIZE;
	if (caps && !json_is_object(caps))
		return -EPROTO;
	ret = read_number(caps, "max_msg_fds", VFU_MAX_FDS, &fds);
	if (!ret)
		ret = read_number(caps, "max_data_xfer_size", VFU_MAX_DATA,
				  &data);
	if (!ret)
		ret = read_number(caps, "max_dma_maps", UINT64_MAX,
				  &c->limits.max_dma_maps);
	if (!ret)
		ret = read_number(caps, "pgsizes", UINT64_MAX,
				  &c->limits.pgsizes);
	c->limits.max_msg_fds = (uint32_t)fds;
	c->limits.max_data = (uint32_t)data;
	return ret;
}

static int read_reply(struct vfu_client *c, const uint8_t *reply, size_t len)
{
	struct vfu_version version;
	json_error_t error;
	json_t *root;
	int ret;

	if (len < sizeof(version))
		return -EPROTO;
	memcpy(&version, reply, sizeof(version));
	if (version.major != VFU_VERSION_MAJOR ||
	    version.minor > VFU_VERSION_MINOR)
		return -EPROTO;
	len -= sizeof(version);
	if (!len)
		return read_caps(c, NULL);
	reply += sizeof(version);
	if (memchr(reply, 0, len) != reply + len - 1)
		return -EPROTO;
	root = json_loadb((const char *)reply, len - 1, 0, &error);
	if (!root)
		return -EPROTO;
	ret = json_is_object(root) ?
	      read_caps(c, json_object_get(root, "capabilities")) : -EPROTO;
	json_decref(root);
	return ret;
}

static char *propose(const struct vfu_client *c)
{
	json_t *root = json_pack("{s:{s:I,s:I,s:I,s:I}}", "capabilities",
				 "max_msg_fds", (json_int_t)VFU_MAX_FDS,
				 "max_data_xfer_size", (json_int_t)VFU_MAX_DATA,
				 "max_dma_maps",
				 (json_int_t)c->config.max_dma_maps,
				 "pgsizes", (json_int_t)VFU_PAGE_SIZE);
	char *text;

	if (!root)
		return NULL;
	text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(root);
	return text;
}

int vfu_client_negotiate(struct vfu_client *c)
{
	struct vfu_version version = {
		.major = VFU_VERSION_MAJOR,
		.minor = VFU_VERSION_MINOR,
	};
	uint8_t reply[sizeof(version) + VFU_MAX_VERSION_TEXT];
	char *text = propose(c);
	struct vfu_call call = {
		.cmd = VFU_CMD_VERSION,
		.iov[0] = { .iov_base = &version, .iov_len = sizeof(version) },
		.iov[1] = { .iov_base = text },
		.n_iov = 2,
		.to = reply,
		.cap = sizeof(reply),
	};
	int ret;

	if (!text)
		return -ENOMEM;
	call.iov[1].iov_len = strlen(text) + 1;
	ret = vfu_client_call(c, &call);
	free(text);
	return ret ? ret : read_reply(c, reply, call.len);
}
