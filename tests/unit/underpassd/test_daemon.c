// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the daemon: it serves from start to SIGTERM, says what it
 * does on its control socket, fails with a word, and leaves nothing. It must
 * never know the device.
 */
#include <errno.h>
#include <jansson.h>
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
#include "tests/unit/underpassd/daemon_bed.h"

enum { ANSWER = 1 << 18 };

static char *reply;			/* the last one of ask() */

static int connect_control(const struct daemon_bed *w)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, w->control);
	assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static const char *ask(struct daemon_bed *w, const char *request)
{
	int fd = connect_control(w);
	size_t len = 0;
	ssize_t n;

	reply = realloc(reply, ANSWER);
	assert_non_null(reply);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	while ((n = read(fd, reply + len, ANSWER - 1 - len)) > 0)
		len += (size_t)n;
	reply[len] = '\0';
	close(fd);
	return reply;
}

static json_t *ask_json(struct daemon_bed *w, const char *request)
{
	json_t *root = json_loads(ask(w, request), 0, NULL);

	assert_non_null(root);
	return root;
}

static void it_serves_a_guest_until_it_is_told_to_stop(void **state)
{
	struct daemon_bed *w = *state;
	struct vfu_client_config config = { .path = w->guest };
	struct vfu_client *client;
	struct stat st;
	json_t *root, *guest;

	daemon_bed_start(w);
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
	daemon_bed_stop(w);
}

static void it_can_stop_while_a_guest_is_there(void **state)
{
	struct daemon_bed *w = *state;
	struct vfu_client_config config = { .path = w->guest };
	struct vfu_client *client;

	daemon_bed_start(w);
	assert_int_equal(vfu_client_open(&config, &client), 0);
	daemon_bed_stop(w);
	vfu_client_close(client);
}

static void it_says_what_it_has_and_did(void **state)
{
	struct daemon_bed *w = *state;
	json_t *root;

	daemon_bed_start(w);
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
	assert_non_null(strstr(reply, "# TYPE underpass_command_seconds histogram\n"));
	root = ask_json(w, "objects of art\n");
	assert_non_null(json_object_get(root, "error"));
	json_decref(root);
	root = ask_json(w, "\n");
	assert_non_null(json_object_get(root, "error"));
	json_decref(root);
	daemon_bed_stop(w);
}

/* Who says too much, nothing, or goes is no harm; nor are many. */
static void odd_visitors_of_the_control_socket_do_no_harm(void **state)
{
	struct daemon_bed *w = *state;
	char flood[4096];
	int fd[20];
	size_t i;

	daemon_bed_start(w);
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
	daemon_bed_stop(w);
}

static void without_an_hca_it_fails(void **state)
{
	struct daemon_bed *w = *state;

	daemon_bed_set(w, "device", "vfio-user:/nowhere");
	daemon_bed_set(w, "log", "error");
	assert_int_equal(daemon_run(&w->settings), 1);
	daemon_bed_set(w, "device", model_bed_device(w->model, 0));
	daemon_bed_set(w, "socket", "/nowhere/at/all");
	assert_int_equal(daemon_run(&w->settings), 1);
	daemon_bed_set(w, "socket", w->guest);
	daemon_bed_set(w, "control", "/nowhere/at/all");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_daemon_bed(it_serves_a_guest_until_it_is_told_to_stop),
		in_daemon_bed(it_can_stop_while_a_guest_is_there),
		in_daemon_bed(it_says_what_it_has_and_did),
		in_daemon_bed(odd_visitors_of_the_control_socket_do_no_harm),
		in_daemon_bed(without_an_hca_it_fails),
		cmocka_unit_test(a_sandboxed_process_opens_no_file_and_starts_no_program),
	};
	int ret;

	ret = cmocka_run_group_tests_name("underpassd", tests, NULL, NULL);
	free(reply);
	return ret;
}
