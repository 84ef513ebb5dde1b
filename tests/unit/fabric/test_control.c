// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the control socket: every word, and lines that are
 * wrong. It must never know vfio-user.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/hca-model/cmd/inject.h"
#include "tests/hca-model/control.h"
#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/model.h"

struct room {
	struct model *model;
	struct control *control;
	struct hca *hca[2];
	char dir[32], path[64];
	int fd;
};

static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static int setup(void **state)
{
	struct room *r = calloc(1, sizeof(*r));
	unsigned int i;
	char path[64];

	snprintf(r->dir, sizeof(r->dir), "/tmp/control-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/control", r->dir);
	assert_int_equal(model_create(&r->model), 0);
	for (i = 0; i < 2; i++) {
		struct model_hca_config config = { .name = i ? "b" : "a", .socket_path = path,
						   .listen_fd = -1 };

		snprintf(path, sizeof(path), "%s/hca%u", r->dir, i);
		assert_int_equal(model_add_hca(r->model, &config, &r->hca[i]), 0);
	}
	assert_int_equal(control_create(r->model, r->path, &r->control), 0);
	r->fd = dial(r->path);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	close(r->fd);
	control_destroy(r->control);
	if (r->model->trace)
		fclose(r->model->trace);
	model_destroy(r->model);
	assert_int_equal(access(r->path, F_OK), -1);
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
	return 0;
}

static void run(struct room *r)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		model_run_once(r->model, false);
		usleep(500);
	}
}

/* The next line of answer, or NULL when the connection is closed or silent. */
static char *read_line(struct room *r, int fd)
{
	static char line[1 << 16];
	size_t n = 0;
	unsigned int tries;

	for (tries = 0; tries < 200 && n < sizeof(line) - 1;) {
		ssize_t got = recv(fd, line + n, 1, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return NULL;
		if (got < 0) {
			run(r);
			tries += 20;
			continue;
		}
		if (line[n] == '\n') {
			line[n] = '\0';
			return line;
		}
		n++;
	}
	return NULL;
}

static json_t *ask_on(struct room *r, int fd, const char *request)
{
	json_error_t error;
	json_t *json;
	char *line;

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	line = read_line(r, fd);
	assert_non_null(line);
	json = json_loads(line, 0, &error);
	assert_non_null(json);
	return json;
}

static void accepts(struct room *r, const char *request)
{
	json_t *json = ask_on(r, r->fd, request);

	if (!json_is_true(json_object_get(json, "ok")))
		fail_msg("%s: %s", request, json_string_value(json_object_get(json, "error")));
	json_decref(json);
}

static void refuses(struct room *r, const char *request)
{
	json_t *json = ask_on(r, r->fd, request);

	if (!json_is_false(json_object_get(json, "ok")))
		fail_msg("accepted: %s", request);
	assert_non_null(json_string_value(json_object_get(json, "error")));
	json_decref(json);
}

static void status_tells_every_hca(void **state)
{
	struct room *r = *state;
	json_t *json, *list, *hca;

	run(r);
	json = ask_on(r, r->fd, "status\n");
	list = json_object_get(json, "hcas");
	assert_int_equal(json_array_size(list), 2);
	hca = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(hca, "name")), "b");
	assert_string_equal(json_string_value(json_object_get(hca, "state")), "ACTIVE");
	assert_int_equal(json_integer_value(json_object_get(hca, "lid")), r->hca[1]->port->lid);
	assert_true(json_is_false(json_object_get(hca, "attached")));
	assert_int_equal(json_integer_value(json_object_get(hca, "pages")), 0);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(hca, "objects"),
							    "qp")), 0);
	json_decref(json);
}

static void one_hca_can_be_asked_for(void **state)
{
	struct room *r = *state;
	json_t *json, *all;

	run(r);
	json = ask_on(r, r->fd, "hca b\n");
	all = ask_on(r, r->fd, "status\n");
	assert_true(json_equal(json_object_get(json, "hca"),
			       json_array_get(json_object_get(all, "hcas"), 1)));
	json_decref(all);
	json_decref(json);
	refuses(r, "hca c\n");
}

static void ports_go_down_and_up(void **state)
{
	struct room *r = *state;

	run(r);
	accepts(r, "port a down\n");
	assert_int_equal(r->hca[0]->port->state, PORT_DOWN);
	accepts(r, "port a up\n");
	run(r);
	assert_int_equal(r->hca[0]->port->state, PORT_ACTIVE);
}

static void faults_are_set_and_cleared(void **state)
{
	struct room *r = *state;

	accepts(r, "fault a loss=0.01 dup=.5 reorder=1 delay=100 seed=0x12 dir=tx\n");
	assert_non_null(r->hca[0]->port->faults);
	accepts(r, "fault a clear\n");
	assert_null(r->hca[0]->port->faults);
}

static void commands_can_be_made_to_fail(void **state)
{
	struct room *r = *state;

	accepts(r, "inject b after=3 kind=status status=0x0f\n");
	assert_int_equal(r->hca[1]->cmdq.inject_after, 3);
	assert_int_equal(r->hca[1]->cmdq.inject_kind, INJECT_STATUS);
	assert_int_equal(r->hca[1]->cmdq.inject_status, 0x0f);
	accepts(r, "inject b kind=none\n");
	assert_int_equal(r->hca[1]->cmdq.inject_kind, INJECT_NONE);
	accepts(r, "inject b kind=umr-refused\n");
	assert_int_equal(r->hca[1]->cmdq.inject_kind, INJECT_UMR_REFUSED);
	accepts(r, "inject b after=2 kind=umr-silent\n");
	assert_int_equal(r->hca[1]->cmdq.inject_kind, INJECT_UMR_SILENT);
}

static void the_other_words_work(void **state)
{
	struct room *r = *state;
	char line[128];

	accepts(r, "help\n");
	accepts(r, "counters a\n");
	accepts(r, "  sm   off \r\n");
	accepts(r, "sm on\n");
	accepts(r, "pages a 5\n");
	accepts(r, "pages a -5\n");
	accepts(r, "fatal a\n");
	assert_int_not_equal(r->hca[0]->pci.synd, 0);
	assert_int_not_equal(r->hca[0]->pci.rfr_severity & 0x80, 0);
	snprintf(line, sizeof(line), "trace on %s/trace\n", r->dir);
	accepts(r, line);
	assert_non_null(r->model->trace);
	accepts(r, "trace off\n");
	assert_null(r->model->trace);
	snprintf(line, sizeof(line), "%s/trace", r->dir);
	assert_int_equal(unlink(line), 0);
}

static void wrong_lines_are_refused_and_the_client_stays(void **state)
{
	static const char *const wrong[] = {
		"\n", "   \n", "nonsense\n", "port\n", "port a\n", "port c down\n",
		"port a sideways\n", "port a down up\n", "fault a\n", "fault a loss=2\n",
		"fault a loss=nan\n", "fault a loss=\n", "fault a loss=0.1x\n", "fault a delay=-1\n",
		"fault a delay=99999999999999999999999\n", "fault a dir=up\n", "fault a what=1\n",
		"fault a loss=0.1 clear\n", "sm\n", "sm maybe\n", "pages a 0\n", "pages a x\n",
		"pages a -\n", "pages a 99999999999\n", "inject a\n", "inject a kind=oops\n",
		"inject a after=1\n", "inject a kind=status status=256\n", "inject a kind\n",
		"trace\n", "trace on\n", "trace on /nonexistent/file\n", "trace off now\n",
		"counters \xff\xfe\n", "a b c d e f g h i j k l m n o p q r s t\n",
	};
	struct room *r = *state;
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refuses(r, wrong[i]);
	accepts(r, "status\n");
}

static void a_line_without_end_drops_the_client(void **state)
{
	struct room *r = *state;
	char text[2 * CONTROL_LINE];
	int fd = dial(r->path);

	memset(text, 'x', sizeof(text));
	assert_int_equal(send(fd, text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
	assert_null(read_line(r, fd));
	close(fd);
	accepts(r, "status\n");
}

static void a_line_with_a_nul_drops_the_client(void **state)
{
	struct room *r = *state;
	int fd = dial(r->path);

	assert_int_equal(send(fd, "status\0\n", 8, MSG_NOSIGNAL), 8);
	assert_null(read_line(r, fd));
	close(fd);
}

static void several_requests_in_one_write_are_answered_in_order(void **state)
{
	struct room *r = *state;
	json_t *json = ask_on(r, r->fd, "help\nnonsense\ncounters a\nsta");

	assert_non_null(json_object_get(json, "words"));
	json_decref(json);
	json = json_loads(read_line(r, r->fd), 0, NULL);
	assert_true(json_is_false(json_object_get(json, "ok")));
	json_decref(json);
	json = json_loads(read_line(r, r->fd), 0, NULL);
	assert_non_null(json_object_get(json, "xmit_bytes"));
	json_decref(json);
	accepts(r, "tus\n");
}

static void clients_come_and_go_up_to_a_bound(void **state)
{
	struct room *r = *state;
	int fd[CONTROL_CLIENTS];
	unsigned int i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = dial(r->path);
		run(r);
	}
	for (i = 0; i + 1 < CONTROL_CLIENTS; i++)
		json_decref(ask_on(r, fd[i], "status\n"));
	assert_null(read_line(r, fd[CONTROL_CLIENTS - 1]));
	for (i = 0; i < CONTROL_CLIENTS; i++)
		close(fd[i]);
	run(r);
	fd[0] = dial(r->path);
	json_decref(ask_on(r, fd[0], "status\n"));
	close(fd[0]);
}

static void a_client_that_does_not_read_is_dropped(void **state)
{
	struct room *r = *state;
	int fd = dial(r->path);
	unsigned int i, sent = 0;
	char bytes[4096];

	for (i = 0; i < 20000; i++) {
		if (send(fd, "status\n", 7, MSG_NOSIGNAL) == 7)
			sent++;
		else if (errno != EAGAIN)
			break;
		model_run_once(r->model, false);
	}
	assert_int_not_equal(i, 20000);
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	close(fd);
	accepts(r, "status\n");
}

static void a_live_socket_is_not_taken_but_a_stale_one_is(void **state)
{
	struct room *r = *state;
	struct control *second = NULL;
	char path[64];
	int fd;

	assert_int_equal(control_create(r->model, r->path, &second), -EADDRINUSE);
	accepts(r, "status\n");

	snprintf(path, sizeof(path), "%s/file", r->dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(control_create(r->model, path, &second), -EADDRINUSE);
	unlink(path);

	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(control_create(r->model, path, &second), 0);
	control_destroy(second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(status_tells_every_hca),
		TEST(one_hca_can_be_asked_for),
		TEST(ports_go_down_and_up),
		TEST(faults_are_set_and_cleared),
		TEST(commands_can_be_made_to_fail),
		TEST(the_other_words_work),
		TEST(wrong_lines_are_refused_and_the_client_stays),
		TEST(a_line_without_end_drops_the_client),
		TEST(a_line_with_a_nul_drops_the_client),
		TEST(several_requests_in_one_write_are_answered_in_order),
		TEST(clients_come_and_go_up_to_a_bound),
		TEST(a_client_that_does_not_read_is_dropped),
		TEST(a_live_socket_is_not_taken_but_a_stale_one_is),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
