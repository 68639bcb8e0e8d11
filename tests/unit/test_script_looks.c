/* SPDX-License-Identifier: BSD-2-Clause */
/* How many programs are asked for their recipe at once, by whom, and which never again. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "watch/script_looks.h"

#define MS 1000000ULL

/* Programs of a user that are looked at, of `wanted`, if each takes so long. */
static unsigned int look(struct script_looks *looks, uid_t uid, unsigned int wanted, __u64 spent_ns)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < wanted; i++) {
		if (!script_looks_may(looks, uid))
			continue;
		script_looks_spend(looks, uid, spent_ns);
		count++;
	}
	return count;
}

static void a_user_has_a_share(void **state)
{
	struct script_looks looks = { 0 };
	unsigned int all = 0;

	(void)state;
	script_looks_begin(&looks, LOOKS_SWEEP, LOOKS_SWEEP_NS);
	assert_int_equal(look(&looks, 1000, 2000, MS), LOOKS_SWEEP / LOOKS_USER_SHARE);
	assert_int_equal(look(&looks, 0, 1, MS), 1); /* others are not held up */
	for (uid_t uid = 2000; uid < 2100; uid++)
		all += look(&looks, uid, 1, MS);
	assert_int_equal(all, LOOKS_SWEEP - LOOKS_SWEEP / LOOKS_USER_SHARE - 1);
	script_looks_begin(&looks, LOOKS_SWEEP, LOOKS_SWEEP_NS);
	assert_int_equal(look(&looks, 1000, 1, MS), 1); /* the next sweep is another */
}

static void time_is_limited(void **state)
{
	struct script_looks looks = { 0 };
	unsigned int all = 0;

	(void)state;
	script_looks_begin(&looks, LOOKS_START, LOOKS_START_NS);
	assert_int_equal(look(&looks, 1000, 2000, LOOKS_START_NS / LOOKS_USER_SHARE), 1);
	script_looks_begin(&looks, LOOKS_START, LOOKS_START_NS);
	for (uid_t uid = 2000; uid < 2100; uid++)
		all += look(&looks, uid, 1, LOOKS_START_NS / 2);
	assert_int_equal(all, 2);
}

static void many_users(void **state)
{
	struct script_looks looks = { 0 };
	unsigned int all = 0;

	(void)state;
	script_looks_begin(&looks, LOOKS_START, LOOKS_START_NS);
	for (uid_t uid = 2000; uid < 2100; uid++)
		all += look(&looks, uid, 1, MS);
	assert_int_equal(all, LOOKS_USERS);
}

static void files_are_remembered(void **state)
{
	struct script_file file = { .device = 1, .inode = 2, .size = 3, .mtime_ns = 4 }, other;
	struct script_looks looks = { 0 };

	(void)state;
	assert_false(script_looks_knows(&looks, &file));
	script_looks_remember(&looks, &file);
	assert_true(script_looks_knows(&looks, &file));
	other = file;
	other.device++;
	assert_false(script_looks_knows(&looks, &other));
	other = file;
	other.mtime_ns++;
	assert_false(script_looks_knows(&looks, &other));
	for (unsigned int i = 0; i < LOOKS_FILES; i++) {
		assert_true(script_looks_knows(&looks, &file));
		other.inode = 100 + i;
		script_looks_remember(&looks, &other);
		script_looks_remember(&looks, &other);
	}
	assert_false(script_looks_knows(&looks, &file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_has_a_share),
		cmocka_unit_test(time_is_limited),
		cmocka_unit_test(many_users),
		cmocka_unit_test(files_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
