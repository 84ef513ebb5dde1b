// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl status`, `objects`, `stats` and `metrics`
 * towards a running daemon and towards none. It must never know the words that
 * pass between them.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host-backend/underpassctl/ctl.h"
#include "tests/unit/underpassd/daemon_bed.h"

static char *output, *errors;

/* "underpassctl WORDS": its exit status. */
static int ctl(struct daemon_bed *bed, const char *words)
{
	char copy[256] = "underpassctl ", *argv[8], *save = NULL, *word;
	struct ctl_world world;
	size_t size[2];
	int argc = 0, ret;

	free(output);
	free(errors);
	strcat(copy, words);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	ctl_world_init(&world);
	world.run = bed->dir;
	world.out = open_memstream(&output, &size[0]);
	world.err = open_memstream(&errors, &size[1]);
	ret = ctl_main(&world, argc, argv);
	fclose(world.out);
	fclose(world.err);
	return ret;
}

static void assert_in(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in: %s", part, text);
}

static void a_running_daemon_tells_people_what_it_has(void **state)
{
	struct daemon_bed *bed = *state;

	daemon_bed_start(bed);
	assert_int_equal(ctl(bed, "status"), CTL_OK);
	assert_in(output, bed->control);
	assert_in(output, "15b3:1013, firmware 12.28.2006");
	assert_in(output, "none; ");
	assert_in(output, "policy exact");
	assert_in(output, "qp 0 of 16384");
	assert_int_equal(ctl(bed, "objects"), CTL_OK);
	assert_in(output, "mr 0 of 131072");
	assert_int_equal(ctl(bed, "stats"), CTL_OK);
	assert_in(output, "firmware");
	assert_int_equal(ctl(bed, "metrics guest"), CTL_OK);
	assert_in(output, "underpass_guest_attached 0");
	daemon_bed_stop(bed);
}

static void programs_get_json_by_socket(void **state)
{
	static const char *const words[] = {
		"status --json", "objects --json guest", "objects --json --kind mr", "stats --json",
	};
	struct daemon_bed *bed = *state;
	json_t *root;
	size_t i;

	daemon_bed_start(bed);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(ctl(bed, words[i]), CTL_OK);
		root = json_loads(output, 0, NULL);
		assert_non_null(root);
		assert_true(json_is_object(json_object_get(root, bed->control)));
		json_decref(root);
	}
	daemon_bed_stop(bed);
}

static void without_a_daemon_it_says_so(void **state)
{
	struct daemon_bed *bed = *state;

	assert_int_equal(ctl(bed, "status"), CTL_FAILED);
	assert_in(errors, "no underpassd with a control socket runs");
	assert_int_equal(ctl(bed, "status other"), CTL_FAILED);
	assert_in(errors, "no underpassd listens there");
	assert_int_equal(ctl(bed, "metrics /nowhere/x.ctl"), CTL_FAILED);
}

static void what_a_daemon_does_not_know_is_told(void **state)
{
	struct daemon_bed *bed = *state;

	daemon_bed_start(bed);
	assert_int_equal(ctl(bed, "objects --kind art"), CTL_FAILED);
	assert_in(errors, "there is no such kind of object");
	daemon_bed_stop(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_daemon_bed(a_running_daemon_tells_people_what_it_has),
		in_daemon_bed(programs_get_json_by_socket),
		in_daemon_bed(without_a_daemon_it_says_so),
		in_daemon_bed(what_a_daemon_does_not_know_is_told),
	};
	int ret = cmocka_run_group_tests_name("underpassctl asks", tests, NULL, NULL);

	free(output);
	free(errors);
	return ret;
}
