// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a server's life: its descriptors, who may connect, and the dispatch of
 * events. Must never know messages or what the device does.
 */
#include "hv/vfio-user/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "hv/vfio-user/listener.h"
#include "hv/vfio-user/private.h"

static const struct vfu_ops no_ops;

static void set_default(unsigned int *value, unsigned int def)
{
	if (!*value)
		*value = def;
}

static void config_defaults(struct vfu_server_config *config)
{
	if (!config->ops)
		config->ops = &no_ops;
	if (!config->max_dma_ranges)
		config->max_dma_ranges = VFU_DMA_DEFAULT_RANGES;
	if (!config->max_dma_objects)
		config->max_dma_objects = VFU_DMA_DEFAULT_OBJECTS;
	if (!config->mode)
		config->mode = 0600;
	set_default(&config->max_messages, 64);
	set_default(&config->reply_timeout_ms, 5000);
	set_default(&config->hello_timeout_ms, 5000);
	set_default(&config->dma_timeout_ms, 1000);
}

static int watch(struct vfu_server *s, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int events_init(struct vfu_server *s)
{
	int ret;

	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->epfd < 0 || s->wake_fd < 0 || s->timer_fd < 0)
		return -errno;
	ret = watch(s, s->wake_fd);
	return ret ? ret : watch(s, s->timer_fd);
}

static int listen_init(struct vfu_server *s)
{
	const struct vfu_server_config *config = &s->config;
	int ret;

	if (config->path) {
		s->path = strdup(config->path);
		if (!s->path)
			return -ENOMEM;
		ret = vfu_listener_open(config->path, config->mode,
					config->set_group, config->group,
					&s->listen_fd);
		if (ret) {
			free(s->path);	/* not ours: do not remove it */
			s->path = NULL;
			return ret;
		}
	} else if (config->listen_fd > 0) {
		ret = fcntl(config->listen_fd, F_GETFL);
		if (ret < 0 || fcntl(config->listen_fd, F_SETFL,
				     ret | O_NONBLOCK))
			return -errno;
		s->listen_fd = config->listen_fd;
	} else {
		return 0;
	}
	ret = watch(s, s->listen_fd);
	if (ret && !config->path)
		s->listen_fd = -1;	/* still the caller's */
	return ret;
}

int vfu_server_create(const struct vfu_server_config *config,
		      struct vfu_server **out)
{
	struct vfu_server *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	s->epfd = s->listen_fd = s->wake_fd = s->timer_fd = -1;
	s->conn.sock = -1;
	s->conn.tx.fd = -1;
	STAILQ_INIT(&s->conn.deferred);
	s->config = *config;
	config_defaults(&s->config);

	ret = vfu_regions_init(s, config->regions);
	if (!ret)
		ret = vfu_irqs_init(s, config->irq_count);
	if (!ret)
		ret = vfu_dma_create(&s->dma);
	if (ret)
		goto destroy;
	vfu_dma_set_limits(s->dma, s->config.max_dma_ranges,
			   s->config.max_dma_objects);
	ret = events_init(s);
	if (!ret)
		ret = listen_init(s);
	if (ret)
		goto destroy;
	*out = s;
	return 0;

destroy:
	vfu_server_destroy(s);
	return ret;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void vfu_server_destroy(struct vfu_server *s)
{
	if (!s)
		return;
	vfu_conn_drop(s);
	if (s->path)
		unlink(s->path);
	free(s->path);
	close_fd(s->listen_fd);
	close_fd(s->timer_fd);
	close_fd(s->wake_fd);
	close_fd(s->epfd);
	vfu_dma_destroy(s->dma);
	vfu_irqs_fini(s);
	vfu_regions_fini(s);
	free(s->answer);
	free(s);
}

int vfu_server_adopt(struct vfu_server *s, int fd)
{
	if (s->conn.sock >= 0)
		return -EBUSY;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	return vfu_conn_open(s, fd);
}

int vfu_server_fd(const struct vfu_server *s)
{
	return s->epfd;
}

bool vfu_server_attached(const struct vfu_server *s)
{
	return s->conn.attached;
}

struct vfu_dma *vfu_server_dma(struct vfu_server *s)
{
	return s->dma;
}

/* The listener is not blocking: a client that went again is no harm. */
static void accept_one(struct vfu_server *s)
{
	int sock = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	int ret;

	if (sock < 0)
		return;
	if (s->conn.sock >= 0) {
		vfu_log(s, VFU_LOG_WARNING, "second client refused");
		close(sock);
		return;
	}
	ret = vfu_conn_open(s, sock);
	if (ret) {
		vfu_log(s, VFU_LOG_ERROR, "cannot take a client: %s",
			strerror(-ret));
		close(sock);
	}
}

static void drain(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

/* After a look at what came meanwhile: it may be us who are late. */
static void time_out(struct vfu_server *s)
{
	if (s->conn.timer == VFU_TIMER_HELLO && !s->conn.attached)
		vfu_conn_fail(s, -ETIMEDOUT, "no version from it");
	else if (s->conn.timer == VFU_TIMER_REPLY && vfu_tx_pending(&s->conn.tx))
		vfu_conn_fail(s, -ETIMEDOUT, "it does not read its replies");
}

int vfu_server_dispatch(struct vfu_server *s)
{
	struct epoll_event events[4];
	bool accepting = false, timeout = false, hangup = false;
	int n;

	n = epoll_wait(s->epfd, events, 4, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		accepting |= fd == s->listen_fd;
		timeout |= fd == s->timer_fd;
		if (fd == s->wake_fd || fd == s->timer_fd)
			drain(fd);
		if (fd == s->conn.sock)
			hangup = events[i].events & (EPOLLHUP | EPOLLRDHUP);
	}
	if (s->conn.sock >= 0) {
		if (!s->conn.error)
			vfu_conn_run(s);
		if (timeout)
			time_out(s);
		if (s->conn.error)
			vfu_conn_drop(s);
		else
			vfu_conn_rearm(s);
	}
	/* A client that is about to be gone is not in the way of the next. */
	if (accepting && (s->conn.sock < 0 || !hangup))
		accept_one(s);
	return 0;
}
