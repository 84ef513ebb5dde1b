// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the one client of a server: its socket, what is half received or half
 * sent, its time limits and its end. Must never know what a command means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "hv/vfio-user/private.h"

int vfu_conn_open(struct vfu_server *s, int sock)
{
	struct vfu_connection *conn = &s->conn;
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP,
		.data.fd = sock,
	};

	if (epoll_ctl(s->epfd, EPOLL_CTL_ADD, sock, &event))
		return -errno;
	memset(conn, 0, sizeof(*conn));
	STAILQ_INIT(&conn->deferred);
	conn->tx.fd = -1;
	conn->sock = sock;
	conn->events = event.events;
	vfu_conn_rearm(s);
	return 0;
}

void vfu_conn_fail(struct vfu_server *s, int error, const char *why)
{
	if (s->conn.error)
		return;
	s->conn.error = error;
	vfu_log(s, VFU_LOG_WARNING, "client dropped: %s (%s)", why,
		strerror(-error));
}

static struct vfu_deferred *deferred_pop(struct vfu_connection *conn)
{
	struct vfu_deferred *d = STAILQ_FIRST(&conn->deferred);

	if (!d)
		return NULL;
	STAILQ_REMOVE_HEAD(&conn->deferred, entry);
	conn->n_deferred--;
	conn->deferred_bytes -= d->msg.len;
	return d;
}

int vfu_conn_defer(struct vfu_server *s, struct vfu_msg *msg)
{
	struct vfu_connection *conn = &s->conn;
	struct vfu_deferred *d;

	if (conn->n_deferred >= VFU_MAX_DEFERRED ||
	    conn->deferred_bytes + msg->len > VFU_MAX_DEFERRED_BYTES)
		return -ENOBUFS;
	d = malloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->msg = *msg;
	memset(msg, 0, sizeof(*msg));
	STAILQ_INSERT_TAIL(&conn->deferred, d, entry);
	conn->n_deferred++;
	conn->deferred_bytes += d->msg.len;
	return 0;
}

bool vfu_conn_forget_abandoned(struct vfu_connection *conn, uint16_t id)
{
	for (unsigned int i = 0; i < conn->n_abandoned; i++) {
		if (conn->abandoned[i] != id)
			continue;
		conn->abandoned[i] = conn->abandoned[--conn->n_abandoned];
		return true;
	}
	return false;
}

/* Interrupts and memory go first; then the device hears that the client went. */
void vfu_conn_drop(struct vfu_server *s)
{
	struct vfu_connection *conn = &s->conn;
	bool attached = conn->attached;
	struct vfu_deferred *d;

	if (conn->sock < 0)
		return;
	close(conn->sock);
	conn->sock = -1;
	conn->attached = false;
	conn->closing = false;
	vfu_irqs_drop(s);
	vfu_mappings_drop(s);
	vfu_rx_free(&conn->rx);
	vfu_tx_free(&conn->tx);
	vfu_msg_free(&conn->msg);
	while ((d = deferred_pop(conn))) {
		vfu_msg_free(&d->msg);
		free(d);
	}
	vfu_conn_rearm(s);
	conn->error = 0;
	if (!attached)
		return;
	vfu_log(s, VFU_LOG_INFO, "client detached");
	if (s->config.ops->detached)
		s->config.ops->detached(s->config.ctx);
}

static void message_handle(struct vfu_server *s, struct vfu_msg *msg)
{
	switch (msg->header.flags & VFU_F_TYPE_MASK) {
	case VFU_F_COMMAND:
		vfu_command_handle(s, msg);
		break;
	case VFU_F_REPLY:
		if (!vfu_conn_forget_abandoned(&s->conn, msg->header.id))
			vfu_conn_fail(s, -EPROTO, "a reply to nothing");
		break;
	default:
		vfu_conn_fail(s, -EPROTO, "neither command nor reply");
	}
	vfu_msg_close_fds(msg);
}

/* Return: whether a message was handled. */
static bool deferred_handle(struct vfu_server *s)
{
	struct vfu_deferred *d = deferred_pop(&s->conn);

	if (!d)
		return false;
	message_handle(s, &d->msg);
	vfu_msg_free(&d->msg);
	free(d);
	return true;
}

/* Return: whether a message was handled. */
static bool input_handle(struct vfu_server *s)
{
	struct vfu_connection *conn = &s->conn;
	struct vfu_msg msg;
	int ret;

	ret = vfu_rx_step(&conn->rx, conn->sock, VFU_MAX_BODY);
	if (!ret)
		return false;
	if (ret == -ENODATA && !conn->rx.got) {
		conn->error = ret;	/* a regular end, no log line */
		return false;
	}
	if (ret == -EMSGSIZE) {
		vfu_command_refuse(s, &conn->rx.msg.header, -EINVAL);
		vfu_conn_fail(s, ret, "impossible message size");
		return false;
	}
	if (ret < 0) {
		vfu_conn_fail(s, ret, "cannot receive");
		return false;
	}
	/*
	 * The message leaves the receiver before it is handled: the handler may
	 * wait for a reply of the client and receive by itself.
	 */
	msg = conn->msg;
	memset(&conn->msg, 0, sizeof(conn->msg));
	vfu_rx_take(&conn->rx, &msg);
	message_handle(s, &msg);
	vfu_msg_free(&conn->msg);
	conn->msg = msg;		/* the buffer, for the next one */
	return true;
}

void vfu_conn_run(struct vfu_server *s)
{
	struct vfu_connection *conn = &s->conn;
	int ret;

	if (vfu_tx_pending(&conn->tx)) {
		ret = vfu_tx_flush(&conn->tx, conn->sock);
		if (ret)
			vfu_conn_fail(s, ret, "cannot send");
	}
	for (unsigned int i = 0; i < s->config.max_messages; i++) {
		/* One reply at a time: who does not read is not served. */
		if (conn->error || conn->closing || vfu_tx_pending(&conn->tx))
			break;
		if (!deferred_handle(s) && !input_handle(s))
			break;
	}
	if (conn->closing && !vfu_tx_pending(&conn->tx))
		conn->error = conn->error ? conn->error : -ECONNABORTED;
}

static void timer_arm(struct vfu_server *s, enum vfu_timer timer)
{
	struct itimerspec when = { 0 };
	unsigned int ms = 0;

	if (timer == s->conn.timer)
		return;
	if (timer == VFU_TIMER_HELLO)
		ms = s->config.hello_timeout_ms;
	else if (timer == VFU_TIMER_REPLY)
		ms = s->config.reply_timeout_ms;
	when.it_value.tv_sec = ms / 1000;
	when.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
	timerfd_settime(s->timer_fd, 0, &when, NULL);
	s->conn.timer = timer;
}

/*
 * Makes the server's epoll descriptor readable exactly when there is something
 * to do: input while nothing waits to be sent, room to send, or work left.
 */
void vfu_conn_rearm(struct vfu_server *s)
{
	struct vfu_connection *conn = &s->conn;
	bool pending = vfu_tx_pending(&conn->tx);
	struct epoll_event event = {
		.events = pending ? EPOLLOUT : EPOLLIN | EPOLLRDHUP,
		.data.fd = conn->sock,
	};
	const uint64_t one = 1;

	if (conn->sock < 0) {
		timer_arm(s, VFU_TIMER_OFF);
		return;
	}
	if (event.events != conn->events &&
	    !epoll_ctl(s->epfd, EPOLL_CTL_MOD, conn->sock, &event))
		conn->events = event.events;
	if (conn->error || (!pending && conn->n_deferred)) {
		if (write(s->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
			vfu_log(s, VFU_LOG_ERROR, "cannot wake: %s",
				strerror(errno));
	}
	if (pending)
		timer_arm(s, VFU_TIMER_REPLY);
	else
		timer_arm(s, conn->attached ? VFU_TIMER_OFF : VFU_TIMER_HELLO);
}
