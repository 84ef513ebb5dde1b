// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the daemon's life. Must never know how it was configured.
 */
#include "host-backend/underpassd/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host-backend/underpassd/control.h"
#include "host-backend/underpassd/log.h"
#include "host-backend/underpassd/notify.h"
#include "host-backend/underpassd/sandbox.h"
#include "hv/vfio-user/guest.h"

enum { SIGNALS = 2 };

/* Made from the top, taken apart from the bottom; what is NULL was not made. */
struct underpassd {
	struct event_base *base;
	int idle_fd;			/* written by workers: pv_tick() is to be called */
	struct pv *pv;
	struct vfu_guest *guest;
	struct control *control;
	struct event *guest_event, *idle_event, *tick_event, *signal_event[SIGNALS];
	int status;			/* of the process */
};

static void tick(evutil_socket_t fd, short what, void *arg)
{
	struct underpassd *d = arg;
	struct timeval after;
	int ms = pv_tick(d->pv);

	(void)fd;
	(void)what;
	if (ms < 0)
		return;
	after = (struct timeval){ ms / 1000, ms % 1000 * 1000 };
	evtimer_add(d->tick_event, &after);
}

static void idle_readable(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		tick(fd, what, arg);
}

/* From a worker. */
static void idle(void *ctx)
{
	const struct underpassd *d = ctx;
	const uint64_t one = 1;

	while (write(d->idle_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void guest_readable(evutil_socket_t fd, short what, void *arg)
{
	struct underpassd *d = arg;
	int ret = vfu_guest_dispatch(d->guest);

	(void)fd;
	(void)what;
	if (!ret)
		return;
	daemon_log(PV_LOG_ERROR, "the socket is lost: %s", strerror(-ret));
	d->status = 1;
	event_base_loopbreak(d->base);
}

static void told_to_stop(evutil_socket_t sig, short what, void *arg)
{
	struct underpassd *d = arg;

	(void)what;
	daemon_log(PV_LOG_NOTE, "stopping: %s", strsignal((int)sig));
	event_base_loopbreak(d->base);
}

static void pv_line(void *ctx, enum pv_log_level level, const char *message)
{
	(void)ctx;
	daemon_log(level, "%s", message);
}

/* Its levels are named alike. */
static void guest_line(void *ctx, int level, const char *message)
{
	(void)ctx;
	daemon_log((enum pv_log_level)level, "vfio-user: %s", message);
}

/* An HCA that an earlier daemon left at its death, perhaps in use by the guest of that time. */
static void end_earlier(const struct settings *s)
{
	struct hca_open_error error = { "" };
	int fds[HCA_TRANSPORT_FILES];

	if (!daemon_kept(fds, HCA_TRANSPORT_FILES))
		return;
	if (hca_vfio_quiet(fds[0], fds[1], fds[2], s->device, &error))
		daemon_log(PV_LOG_ERROR, "left by an earlier daemon: %s", error.text);
	else
		daemon_log(PV_LOG_NOTE, "%s: left by an earlier daemon, now reset and without mappings",
			   s->device);
}

static void keep_files(struct hca_transport *transport)
{
	int fds[HCA_TRANSPORT_FILES];

	daemon_keep(fds, transport->ops->files(transport, fds));
}

static int open_device(struct underpassd *d, const struct settings *s)
{
	struct hca_open_error error = { "" };
	struct pv_config config = s->pv;
	struct hca_transport *transport;
	int ret;

	config.log = pv_line;
	config.idle = idle;
	config.ctx = d;
	end_earlier(s);
	ret = hca_transport_open(s->device, &transport, &error);
	if (!ret) {
		keep_files(transport);
		ret = pv_create(transport, &config, &d->pv, &error);
	}
	if (ret)
		daemon_log(PV_LOG_ERROR, "%s", error.text);
	return ret;
}

static int show_device(struct underpassd *d, const struct settings *s)
{
	const struct vfu_guest_config config = {
		.path = s->socket, .mode = s->socket_mode, .set_group = s->set_group,
		.group = s->socket_group, .log = guest_line,
	};
	int ret = vfu_guest_create(pv_device(d->pv), &config, &d->guest);

	if (ret == -EADDRINUSE)
		daemon_log(PV_LOG_ERROR, "%s: somebody listens there, or it is no socket", s->socket);
	else if (ret)
		daemon_log(PV_LOG_ERROR, "%s: %s", s->socket, strerror(-ret));
	return ret;
}

static int open_control(struct underpassd *d, const struct settings *s)
{
	struct answers answers = { .pv = d->pv, .settings = s };
	int ret;

	if (!s->control)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &answers.started);
	ret = control_open(d->base, s->control, &answers, &d->control);
	if (ret)
		daemon_log(PV_LOG_ERROR, "%s: %s", s->control, strerror(-ret));
	return ret;
}

/* From here on the guest's commands are carried out by somebody who can do little else. */
static int give_up_rights(const struct settings *s)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	const struct passwd *user;
	int ret = 0;

	/* Nobody special pins memory within a limit only; without the right to raise it it stays. */
	setrlimit(RLIMIT_MEMLOCK, &all);
	if (s->user != (uid_t)-1) {
		user = getpwuid(s->user);
		ret = sandbox_become(s->user, user ? user->pw_gid : (gid_t)s->user);
		if (ret) {
			daemon_log(PV_LOG_ERROR, "cannot become the user %u: %s", s->user,
				   strerror(-ret));
			return ret;
		}
	}
	if (s->sandbox)
		ret = sandbox_filter();
	if (ret)
		daemon_log(PV_LOG_ERROR, "cannot filter system calls: %s; sandbox = no does without",
			   strerror(-ret));
	return ret;
}

static int watch(struct underpassd *d)
{
	static const int signals[SIGNALS] = { SIGTERM, SIGINT };
	bool good;
	int i;

	d->guest_event = event_new(d->base, vfu_guest_fd(d->guest), EV_READ | EV_PERSIST,
				   guest_readable, d);
	d->idle_event = event_new(d->base, d->idle_fd, EV_READ | EV_PERSIST, idle_readable, d);
	d->tick_event = evtimer_new(d->base, tick, d);
	good = d->guest_event && !event_add(d->guest_event, NULL) && d->idle_event &&
	       !event_add(d->idle_event, NULL) && d->tick_event;
	for (i = 0; good && i < SIGNALS; i++) {
		d->signal_event[i] = evsignal_new(d->base, signals[i], told_to_stop, d);
		good = d->signal_event[i] && !event_add(d->signal_event[i], NULL);
	}
	return good ? 0 : -ENOMEM;
}

static int start(struct underpassd *d, const struct settings *s)
{
	int ret;

	d->base = event_base_new();
	d->idle_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!d->base || d->idle_fd < 0) {
		daemon_log(PV_LOG_ERROR, "cannot make the event loop: %s", strerror(errno));
		return -ENOMEM;
	}
	ret = open_device(d, s);
	if (!ret)
		ret = show_device(d, s);
	if (!ret)
		ret = open_control(d, s);
	if (!ret)
		ret = watch(d);
	if (!ret)
		ret = give_up_rights(s);
	return ret;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

static int stop(struct underpassd *d)
{
	struct hca_close_report report = { 0 };
	int i;

	for (i = 0; i < SIGNALS; i++)
		free_event(d->signal_event[i]);
	free_event(d->tick_event);
	free_event(d->idle_event);
	free_event(d->guest_event);
	control_close(d->control);
	vfu_guest_destroy(d->guest);
	pv_destroy(d->pv, &report);
	if (d->idle_fd >= 0)
		close(d->idle_fd);
	if (d->base)
		event_base_free(d->base);
	if (!report.err)
		return 0;
	daemon_log(PV_LOG_ERROR, "the HCA was not left clean: %s: %s", report.step,
		   strerror(-report.err));
	return 1;
}

int daemon_run(const struct settings *settings)
{
	struct underpassd d = { .idle_fd = -1, .status = 1 };

	daemon_log_level(settings->log_level);
	if (!start(&d, settings)) {
		d.status = 0;
		daemon_log(PV_LOG_NOTE, "%s waits for a guest at %s", settings->device,
			   settings->socket);
		daemon_notify("READY=1");
		event_base_dispatch(d.base);
		daemon_notify("STOPPING=1");
	}
	if (stop(&d))
		d.status = 1;
	return d.status;
}
