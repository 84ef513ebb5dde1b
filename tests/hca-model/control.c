// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the control socket: clients, lines, answers. It must never know a
 * word.
 */
#include "tests/hca-model/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "tests/hca-model/model.h"

enum { MAX_UNREAD = 1 << 20 };		/* bytes of answers a client may leave unread */

struct client {
	LIST_ENTRY(client) link;
	struct control *control;
	struct bufferevent *io;
};

struct control {
	struct model *model;
	struct evconnlistener *listener;
	struct sockaddr_un addr;
	LIST_HEAD(, client) clients;
	unsigned int n_clients;
};

static void client_drop(struct client *client)
{
	LIST_REMOVE(client, link);
	client->control->n_clients--;
	bufferevent_free(client->io);
	free(client);
}

/* false: the client reads too slowly. */
static bool answer(struct client *client, char *line)
{
	struct evbuffer *out = bufferevent_get_output(client->io);
	char *json = control_execute(client->control->model, line);

	if (!json)
		return false;
	evbuffer_add(out, json, strlen(json));
	evbuffer_add(out, "\n", 1);
	free(json);
	return evbuffer_get_length(out) <= MAX_UNREAD;
}

static void on_read(struct bufferevent *io, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(io);
	struct client *client = arg;
	size_t len;
	char *line;
	bool ok;

	while ((line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF))) {
		/* A NUL byte would hide the rest of the line. */
		ok = len <= CONTROL_LINE && strlen(line) == len && answer(client, line);
		free(line);
		if (!ok) {
			client_drop(client);
			return;
		}
	}
	if (evbuffer_get_length(in) > CONTROL_LINE)
		client_drop(client);
}

static void on_written(struct bufferevent *io, void *arg)
{
	struct client *client = arg;

	(void)io;
	client_drop(client);
}

static void on_event(struct bufferevent *io, short what, void *arg)
{
	/* A client that only closed its sending side still gets its answers. */
	if (what & BEV_EVENT_EOF && evbuffer_get_length(bufferevent_get_output(io))) {
		bufferevent_disable(io, EV_READ);
		bufferevent_setcb(io, NULL, on_written, on_event, arg);
		return;
	}
	client_drop(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *addr, int len, void *arg)
{
	struct control *control = arg;
	struct client *client;

	(void)listener;
	(void)addr;
	(void)len;
	client = control->n_clients < CONTROL_CLIENTS ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		close(fd);
		return;
	}
	client->io = bufferevent_socket_new(control->model->base, fd,
					    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!client->io) {
		close(fd);
		free(client);
		return;
	}
	client->control = control;
	LIST_INSERT_HEAD(&control->clients, client, link);
	control->n_clients++;
	bufferevent_setcb(client->io, on_read, NULL, on_event, client);
	bufferevent_setwatermark(client->io, EV_READ, 0, 4 * CONTROL_LINE);
	bufferevent_enable(client->io, EV_READ | EV_WRITE);
}

/* The socket file of a process that is gone may be replaced. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, ret;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? -errno : -EADDRINUSE;
	close(fd);
	if (ret != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

int control_create(struct model *model, const char *path, struct control **out)
{
	struct control *control;
	int ret;

	if (strlen(path) >= sizeof(control->addr.sun_path))
		return -ENAMETOOLONG;
	control = calloc(1, sizeof(*control));
	if (!control)
		return -ENOMEM;
	control->model = model;
	LIST_INIT(&control->clients);
	control->addr.sun_family = AF_UNIX;
	memcpy(control->addr.sun_path, path, strlen(path) + 1);
	ret = remove_stale(&control->addr);
	if (ret)
		goto free_control;
	control->listener = evconnlistener_new_bind(model->base, on_accept, control,
						    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
						    CONTROL_CLIENTS,
						    (struct sockaddr *)&control->addr,
						    sizeof(control->addr));
	if (!control->listener) {
		ret = errno ? -errno : -EIO;
		goto free_control;
	}
	if (chmod(path, 0600)) {
		ret = -errno;
		goto free_listener;
	}
	*out = control;
	return 0;

free_listener:
	evconnlistener_free(control->listener);
	unlink(path);
free_control:
	free(control);
	return ret;
}

void control_destroy(struct control *control)
{
	struct client *client;

	if (!control)
		return;
	while ((client = LIST_FIRST(&control->clients)))
		client_drop(client);
	evconnlistener_free(control->listener);
	unlink(control->addr.sun_path);
	free(control);
}
