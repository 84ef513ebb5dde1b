// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the server's half of version and capability negotiation (section
 * "VFIO_USER_VERSION"). Must never know any other command.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "hv/vfio-user/private.h"

/*
 * Reads a number that is optional; @value stays as it is when there is none.
 * Anything from @min up is fine, larger than @max counts as @max.
 */
static int cap_number(const json_t *caps, const char *name, json_int_t min,
		      json_int_t max, json_int_t *value)
{
	const json_t *number = json_object_get(caps, name);
	json_int_t n;

	if (!number)
		return 0;
	if (!json_is_integer(number))
		return -EINVAL;
	n = json_integer_value(number);
	if (n < min)
		return -EINVAL;
	*value = n < max ? n : max;
	return 0;
}

static int check_optional_kinds(const json_t *caps)
{
	const json_t *twin = json_object_get(caps, "twin_socket");
	const json_t *multi = json_object_get(caps, "write_multiple");

	if (twin && !json_is_object(twin))
		return -EINVAL;
	if (multi && !json_is_boolean(multi))
		return -EINVAL;
	return 0;
}

struct peer_caps {
	json_int_t fds;
	json_int_t data;
	json_int_t maps;
	json_int_t pgsizes;
};

static int read_caps(const json_t *caps, struct peer_caps *peer)
{
	int ret;

	if (!caps)
		return 0;
	if (!json_is_object(caps))
		return -EINVAL;
	ret = cap_number(caps, "max_msg_fds", 0, VFU_MAX_FDS, &peer->fds);
	if (!ret)
		ret = cap_number(caps, "max_data_xfer_size", VFU_MIN_DATA,
				 VFU_MAX_DATA, &peer->data);
	if (!ret)
		ret = cap_number(caps, "max_dma_maps", 1, UINT32_MAX,
				 &peer->maps);
	if (!ret)
		ret = cap_number(caps, "pgsizes", 1, INT64_MAX, &peer->pgsizes);
	if (!ret)
		ret = check_optional_kinds(caps);
	return ret;
}

static int read_text(const char *text, size_t len, struct peer_caps *peer)
{
	json_error_t error;
	json_t *root;
	int ret;

	if (!len)
		return 0;
	if (memchr(text, 0, len) != text + len - 1)
		return -EINVAL;
	root = json_loadb(text, len - 1, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return -EINVAL;
	if (json_is_object(root))
		ret = read_caps(json_object_get(root, "capabilities"), peer);
	else
		ret = -EINVAL;
	json_decref(root);
	return ret;
}

/*
 * QEMU reads the reply into the buffer of its request: keep this short. It
 * also takes max_dma_maps only up to the default; we never offer more than the
 * client has named.
 */
static int write_reply(struct vfu_server *s, struct vfu_answer *answer,
		       const struct peer_caps *peer)
{
	struct vfu_version version = {
		.major = VFU_VERSION_MAJOR,
		.minor = VFU_VERSION_MINOR,
	};
	json_int_t maps = peer->maps;
	json_t *root;
	char *text;
	size_t len;
	int ret = -ENOMEM;

	if ((uint64_t)maps > s->config.max_dma_ranges)
		maps = (json_int_t)s->config.max_dma_ranges;
	root = json_pack("{s:{s:I,s:I,s:I,s:I}}", "capabilities",
			 "max_msg_fds", (json_int_t)VFU_MAX_FDS,
			 "max_data_xfer_size", (json_int_t)VFU_MAX_DATA,
			 "max_dma_maps", maps,
			 "pgsizes", (json_int_t)VFU_PAGE_SIZE);
	if (!root)
		return -ENOMEM;
	text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (!text)
		goto put_root;
	len = strlen(text) + 1;
	ret = vfu_answer_reserve(s, answer, sizeof(version) + len);
	if (ret)
		goto free_text;
	memcpy(answer->body, &version, sizeof(version));
	memcpy((uint8_t *)answer->body + sizeof(version), text, len);

free_text:
	free(text);
put_root:
	json_decref(root);
	return ret;
}

VFU_HANDLER(vfu_handle_version)
{
	struct peer_caps peer = {
		.fds = VFU_DEFAULT_FDS,
		.data = VFU_MAX_DATA,
		.maps = VFU_DEFAULT_MAPS,
		.pgsizes = VFU_PAGE_SIZE,
	};
	struct vfu_version version;
	int ret;

	if (s->conn.attached)
		return -EINVAL;
	memcpy(&version, msg->body, sizeof(version));
	if (version.major != VFU_VERSION_MAJOR) {
		vfu_log(s, VFU_LOG_WARNING, "client speaks version %u.%u, not 0.x",
			version.major, version.minor);
		return -EINVAL;
	}
	ret = read_text((const char *)msg->body + sizeof(version),
			msg->len - sizeof(version), &peer);
	if (ret) {
		vfu_log(s, VFU_LOG_WARNING, "client's capabilities are malformed");
		return ret;
	}
	ret = write_reply(s, answer, &peer);
	if (ret)
		return ret;
	s->conn.peer_max_data = (uint32_t)peer.data;
	s->conn.attached = true;
	vfu_log(s, VFU_LOG_INFO, "client attached");
	if (s->config.ops->attached)
		s->config.ops->attached(s->config.ctx);
	return 0;
}
