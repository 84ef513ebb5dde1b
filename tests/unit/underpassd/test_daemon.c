// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the daemon: it serves from start to SIGTERM, says what it
 * does on its control socket, fails with a word, and leaves nothing. It must
 * never know the device.
 */
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-backend/hca/clock.h"
#include "host-backend/underpassd/daemon.h"
#include "host-backend/underpassd/sandbox.h"
#include "hv/vfio-user/client.h"
#include "tests/unit/host/model_bed.h"

enum { WAIT_MS = 10000, ANSWER = 1 << 18 };

struct world {
	struct model_bed *model;
	struct settings settings;
	char dir[32], guest[48], control[48];
	pthread_t thread;
	int status;
	char answer[ANSWER];
};

static void set(struct world *w, const char *name, const char *value)
{
	char error[256];

	if (settings_set(&w->settings, name, value, error, sizeof(error)))
		fail_msg("%s", error);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || model_bed_open(1, false, &w->model))
		return -1;
	strcpy(w->dir, "/tmp/underpassd-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->guest, sizeof(w->guest), "%s/guest", w->dir);
	snprintf(w->control, sizeof(w->control), "%s/control", w->dir);
	settings_init(&w->settings);
	set(w, "device", model_bed_device(w->model, 0));
	set(w, "socket", w->guest);
	set(w, "control", w->control);
	set(w, "sandbox", "no");	/* it would be the whole test's */
	set(w, "log", "error");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	model_bed_close(w->model);
	settings_fini(&w->settings);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void hear_stops(int how)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(how, &stops, NULL);
}

static void *run(void *arg)
{
	struct world *w = arg;

	/* The loop's thread is the one that is to hear it. */
	hear_stops(SIG_UNBLOCK);
	w->status = daemon_run(&w->settings);
	return NULL;
}

static void start(struct world *w)
{
	uint64_t end = hca_now_ms() + WAIT_MS;

	hear_stops(SIG_BLOCK);
	assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
	while (access(w->control, F_OK)) {
		assert_true(hca_now_ms() < end);
		hca_sleep_us(1000);
	}
	hca_sleep_us(20000);
}

static void stop(struct world *w)
{
	pthread_kill(w->thread, SIGTERM);
	pthread_join(w->thread, NULL);
	hear_stops(SIG_UNBLOCK);
	assert_int_equal(w->status, 0);
	assert_int_not_equal(access(w->guest, F_OK), 0);
	assert_int_not_equal(access(w->control, F_OK), 0);
}

static int connect_control(const struct world *w)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, w->control);
	assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static const char *ask(struct world *w, const char *request)
{
	int fd = connect_control(w);
	size_t len = 0;
	ssize_t n;

	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	while ((n = read(fd, w->answer + len, ANSWER - 1 - len)) > 0)
		len += (size_t)n;
	w->answer[len] = '\0';
	close(fd);
	return w->answer;
}

static json_t *ask_json(struct world *w, const char *request)
{
	json_t *root = json_loads(ask(w, request), 0, NULL);

	assert_non_null(root);
	return root;
}

static void it_serves_a_guest_until_it_is_told_to_stop(void **state)
{
	struct world *w = *state;
	struct vfu_client_config config = { .path = w->guest };
	struct vfu_client *client;
	struct stat st;
	json_t *root, *guest;

	start(w);
	assert_int_equal(stat(w->guest, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(vfu_client_open(&config, &client), 0);
	root = ask_json(w, "status\n");
	guest = json_object_get(root, "guest");
	assert_true(json_is_true(json_object_get(guest, "attached")));
	assert_string_equal(json_string_value(json_object_get(guest, "status")), "reset");
	assert_string_equal(json_string_value(json_object_get(root, "device")),
			    w->settings.device);
	json_decref(root);
	vfu_client_close(client);
	stop(w);
}

static void it_can_stop_while_a_guest_is_there(void **state)
{
	struct world *w = *state;
	struct vfu_client_config config = { .path = w->guest };
	struct vfu_client *client;

	start(w);
	assert_int_equal(vfu_client_open(&config, &client), 0);
	stop(w);
	vfu_client_close(client);
}

static void it_says_what_it_has_and_did(void **state)
{
	struct world *w = *state;
	json_t *root;

	start(w);
	root = ask_json(w, "objects\n");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "qp"), "limit")),
			 16384);
	json_decref(root);
	root = ask_json(w, "objects mr\n");
	assert_true(json_is_array(json_object_get(root, "objects")));
	json_decref(root);
	root = ask_json(w, "stats\n");
	assert_true(json_integer_value(json_object_get(json_object_get(root, "firmware"), "done")) >
		    0);
	json_decref(root);
	assert_non_null(strstr(ask(w, "metrics\n"), "underpass_objects{kind=\"qp\"} 0\n"));
	assert_non_null(strstr(w->answer, "# TYPE underpass_command_seconds histogram\n"));
	root = ask_json(w, "objects of art\n");
	assert_non_null(json_object_get(root, "error"));
	json_decref(root);
	root = ask_json(w, "\n");
	assert_non_null(json_object_get(root, "error"));
	json_decref(root);
	stop(w);
}

/* Who says too much, nothing, or goes is no harm; nor are many. */
static void odd_visitors_of_the_control_socket_do_no_harm(void **state)
{
	struct world *w = *state;
	char flood[4096];
	int fd[20];
	size_t i;

	start(w);
	memset(flood, 'x', sizeof(flood));
	for (i = 0; i < 20; i++) {
		fd[i] = connect_control(w);
		if (i % 2)
			(void)!send(fd[i], flood, sizeof(flood), MSG_NOSIGNAL);
	}
	for (i = 0; i < 20; i++)
		close(fd[i]);
	hca_sleep_us(50000);
	json_decref(ask_json(w, "status\n"));
	stop(w);
}

static void without_an_hca_it_fails(void **state)
{
	struct world *w = *state;

	set(w, "device", "vfio-user:/nowhere");
	set(w, "log", "error");
	assert_int_equal(daemon_run(&w->settings), 1);
	set(w, "device", model_bed_device(w->model, 0));
	set(w, "socket", "/nowhere/at/all");
	assert_int_equal(daemon_run(&w->settings), 1);
	set(w, "socket", w->guest);
	set(w, "control", "/nowhere/at/all");
	assert_int_equal(daemon_run(&w->settings), 1);
	assert_int_not_equal(access(w->guest, F_OK), 0);
}

/* In a child, which ends with it. */
static int sandboxed(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(sandbox_filter() ? 99 : fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int opens_a_file(void)
{
	return syscall(257, -100, "/etc/passwd", 0) >= 0 ? 1 : errno == EPERM ? 0 : 2;
}

static int starts_a_program(void)
{
	char *argv[] = { NULL };

	execve("/bin/true", argv, argv);
	return 1;
}

static void a_sandboxed_process_opens_no_file_and_starts_no_program(void **state)
{
	(void)state;
#ifdef __x86_64__
	assert_int_equal(sandboxed(opens_a_file), 0);
#endif
	assert_int_equal(WTERMSIG(sandboxed(starts_a_program)), SIGSYS);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(it_serves_a_guest_until_it_is_told_to_stop),
		in_world(it_can_stop_while_a_guest_is_there),
		in_world(it_says_what_it_has_and_did),
		in_world(odd_visitors_of_the_control_socket_do_no_harm),
		in_world(without_an_hca_it_fails),
		cmocka_unit_test(a_sandboxed_process_opens_no_file_and_starts_no_program),
	};

	return cmocka_run_group_tests_name("underpassd", tests, NULL, NULL);
}
