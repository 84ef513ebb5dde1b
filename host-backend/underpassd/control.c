// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the control socket. Must never know what is asked.
 */
#include "host-backend/underpassd/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/vfio-user/listener.h"

enum { MAX_CLIENTS = 8, MAX_LINE = 128, TIMEOUT_S = 5, MODE = 0600 };

struct client {
	LIST_ENTRY(client) entry;
	struct control *control;
	struct bufferevent *socket;
	bool ending;			/* once the answer is out */
};

struct control {
	struct event_base *base;
	struct answers answers;
	char *path;
	int fd;
	struct event *accepting;
	LIST_HEAD(, client) clients;
	unsigned int n_clients;
};

static void client_free(struct client *client)
{
	LIST_REMOVE(client, entry);
	client->control->n_clients--;
	bufferevent_free(client->socket);
	free(client);
}

static void readable(struct bufferevent *socket, void *arg)
{
	struct client *client = arg;
	struct evbuffer *in = bufferevent_get_input(socket);
	char *line, *answer;

	if (client->ending)
		return;
	line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF);
	if (!line) {
		if (evbuffer_get_length(in) > MAX_LINE)
			client_free(client);
		return;
	}
	answer = strlen(line) <= MAX_LINE ? answers_give(&client->control->answers, line) : NULL;
	free(line);
	if (!answer) {
		client_free(client);
		return;
	}
	client->ending = true;
	bufferevent_write(socket, answer, strlen(answer));
	free(answer);
}

static void written(struct bufferevent *socket, void *arg)
{
	struct client *client = arg;

	if (client->ending && !evbuffer_get_length(bufferevent_get_output(socket)))
		client_free(client);
}

/* It went, or was too slow. */
static void ended(struct bufferevent *socket, short what, void *arg)
{
	struct client *client = arg;

	(void)socket;
	if (what & BEV_EVENT_EOF && client->ending)
		return;			/* it has said all, and still listens */
	client_free(client);
}

static int client_add(struct control *control, int fd)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_S };
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->socket = bufferevent_socket_new(control->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->socket) {
		free(client);
		return -ENOMEM;
	}
	client->control = control;
	LIST_INSERT_HEAD(&control->clients, client, entry);
	control->n_clients++;
	bufferevent_setcb(client->socket, readable, written, ended, client);
	bufferevent_set_timeouts(client->socket, &limit, &limit);
	bufferevent_enable(client->socket, EV_READ | EV_WRITE);
	return 0;
}

static void acceptable(evutil_socket_t listener, short what, void *arg)
{
	struct control *control = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	if (control->n_clients >= MAX_CLIENTS || client_add(control, fd))
		close(fd);
}

int control_open(struct event_base *base, const char *path, const struct answers *answers,
		 struct control **out)
{
	struct control *control = calloc(1, sizeof(*control));
	int ret = -ENOMEM;

	if (!control)
		return -ENOMEM;
	LIST_INIT(&control->clients);
	control->base = base;
	control->answers = *answers;
	control->fd = -1;
	control->path = strdup(path);
	if (!control->path)
		goto free_control;
	ret = vfu_listener_open(path, MODE, false, 0, &control->fd);
	if (ret)
		goto free_control;
	control->accepting = event_new(base, control->fd, EV_READ | EV_PERSIST, acceptable,
				       control);
	if (!control->accepting || event_add(control->accepting, NULL)) {
		control_close(control);
		return -ENOMEM;
	}
	*out = control;
	return 0;

free_control:
	free(control->path);
	free(control);
	return ret;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	while (!LIST_EMPTY(&control->clients))
		client_free(LIST_FIRST(&control->clients));
	if (control->accepting)
		event_free(control->accepting);
	unlink(control->path);
	close(control->fd);
	free(control->path);
	free(control);
}
