// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of settings: what is taken, what is refused with which
 * words, from the command line and from a file alike. It must never know what
 * comes of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host-backend/underpassd/settings.h"

static char error[512];

static int set(struct settings *s, const char *name, const char *value)
{
	error[0] = '\0';
	return settings_set(s, name, value, error, sizeof(error));
}

static void values_of_every_sort_are_taken(void **state)
{
	struct settings s;

	(void)state;
	settings_init(&s);
	assert_int_equal(set(&s, "device", "0000:3b:00.0"), 0);
	assert_int_equal(set(&s, "device", "vfio-user:/x"), 0);
	assert_string_equal(s.device, "vfio-user:/x");
	assert_int_equal(set(&s, "socket", "/run/x.sock"), 0);
	assert_int_equal(set(&s, "policy", "granule"), 0);
	assert_int_equal(s.pv.policy, IOMMU_POLICY_GRANULE);
	assert_int_equal(set(&s, "granule", "2M"), 0);
	assert_int_equal(s.pv.granule, 2 << 20);
	assert_int_equal(set(&s, "max-bytes", "3G"), 0);
	assert_int_equal(s.pv.limits.bytes, 3ull << 30);
	assert_int_equal(set(&s, "max-qps", "2000"), 0);
	assert_int_equal(s.pv.limits.qps, 2000);
	assert_int_equal(set(&s, "fall-back", "yes"), 0);
	assert_true(s.pv.fall_back);
	assert_int_equal(set(&s, "socket-mode", "0660"), 0);
	assert_int_equal(s.socket_mode, 0660);
	assert_int_equal(set(&s, "log", "warning"), 0);
	assert_int_equal(s.log_level, PV_LOG_WARNING);
	assert_int_equal(set(&s, "user", "root"), 0);
	assert_int_equal(s.user, 0);
	assert_int_equal(set(&s, "user", "12345"), 0);
	assert_int_equal(s.user, 12345);
	assert_int_equal(settings_check(&s, error, sizeof(error)), 0);
	settings_fini(&s);
}

static void a_group_opens_the_socket_to_its_members(void **state)
{
	struct settings s;

	(void)state;
	settings_init(&s);
	assert_int_equal(set(&s, "socket-group", "0"), 0);
	assert_true(s.set_group);
	assert_int_equal(s.socket_group, 0);
	assert_int_equal(s.socket_mode, 0660);
	settings_fini(&s);
}

static void what_is_wrong_is_refused_with_words(void **state)
{
	static const struct { const char *name, *value, *words; } bad[] = {
		{ "qps", "3", "there is no setting 'qps'" },
		{ "max-qps", "0", "max-qps must be from 1 to" },
		{ "max-qps", "-3", "'-3' is no N for max-qps" },
		{ "max-qps", "3x", "'3x' is no N" },
		{ "max-qps", "", "'' is no N" },
		{ "max-qps", "4294967296", "max-qps must be" },
		{ "max-qps", "99999999999999999999", "max-qps must be" },
		{ "granule", "2Q", "'2Q' is no SIZE" },
		{ "granule", "2MM", "'2MM' is no SIZE" },
		{ "granule", "2G", "granule must be from 4096" },
		{ "max-bytes", "99999999999T", "max-bytes must be" },
		{ "policy", "exactly", "exact (default), lazy" },
		{ "fall-back", "1", "yes|no" },
		{ "socket-mode", "0888", "no MODE" },
		{ "socket-group", "no such group", "no GROUP" },
		{ "user", "no such user", "no USER" },
		{ "log", "all", "error, warning, note" },
		{ "device", "", "no DEVICE" },
		{ "workers", "65", "workers must be from 1 to 64" },
	};
	struct settings s;
	size_t i;

	(void)state;
	settings_init(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(set(&s, bad[i].name, bad[i].value), 0);
		if (!strstr(error, bad[i].words))
			fail_msg("%s = %s: %s", bad[i].name, bad[i].value, error);
	}
	assert_int_equal(s.pv.limits.qps, 0);
	settings_fini(&s);
}

static void what_must_be_there_is_missed(void **state)
{
	struct settings s;

	(void)state;
	settings_init(&s);
	assert_int_equal(settings_check(&s, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "--device"));
	assert_int_equal(set(&s, "device", "a"), 0);
	assert_int_equal(settings_check(&s, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "--socket"));
	settings_fini(&s);
}

static int read_text(struct settings *s, const char *text)
{
	char path[] = "/tmp/settings-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	ret = settings_read(s, path, error, sizeof(error));
	unlink(path);
	return ret;
}

static void a_file_has_the_same_names(void **state)
{
	struct settings s;

	(void)state;
	settings_init(&s);
	assert_int_equal(read_text(&s, "# of one guest\n\n device = 0000:3b:00.0 \nmax-qps=7# few\n"
				   "\tsocket\t=\t/run/a b.sock\n"), 0);
	assert_string_equal(s.device, "0000:3b:00.0");
	assert_string_equal(s.socket, "/run/a b.sock");
	assert_int_equal(s.pv.limits.qps, 7);
	assert_int_equal(read_text(&s, "policy = lazy\nqps = 3\n"), -ENOENT);
	assert_non_null(strstr(error, ":2: there is no setting 'qps'"));
	assert_int_equal(read_text(&s, "policy\n"), -EINVAL);
	assert_non_null(strstr(error, ":1: not of the form name = value"));
	assert_int_equal(settings_read(&s, "/nowhere", error, sizeof(error)), -ENOENT);
	settings_fini(&s);
}

static void the_table_has_each_name_once(void **state)
{
	const struct setting *table = settings_table();
	size_t i, j;

	(void)state;
	for (i = 0; table[i].name; i++) {
		assert_non_null(table[i].argument);
		assert_non_null(table[i].doc);
		for (j = 0; j < i; j++)
			assert_string_not_equal(table[i].name, table[j].name);
	}
	assert_true(i > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_every_sort_are_taken),
		cmocka_unit_test(a_group_opens_the_socket_to_its_members),
		cmocka_unit_test(what_is_wrong_is_refused_with_words),
		cmocka_unit_test(what_must_be_there_is_missed),
		cmocka_unit_test(a_file_has_the_same_names),
		cmocka_unit_test(the_table_has_each_name_once),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
