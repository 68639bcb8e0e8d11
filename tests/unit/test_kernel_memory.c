/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel_memory: what fdinfo says of a BPF map. */
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/maps/kernel_memory.h"

static void a_map_has_an_id_and_a_size(void **state)
{
	struct kernel_map map = { 0 };

	(void)state;
	assert_int_equal(kernel_map_parse("pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1057\n"
					  "map_type:\t1\nkey_size:\t8\nvalue_size:\t272\n"
					  "max_entries:\t32768\nmap_flags:\t0x0\nmap_extra:\t0x0\n"
					  "memlock:\t11273536\nmap_id:\t217\nfrozen:\t0\n",
					  &map),
			 0);
	assert_int_equal(map.id, 217);
	assert_int_equal(map.bytes, 11273536);
}

static void what_is_no_map_is_not_taken_for_one(void **state)
{
	struct kernel_map map = { .id = 7 };

	(void)state;
	assert_int_equal(kernel_map_parse("", &map), -ENOENT);
	assert_int_equal(kernel_map_parse("pos:\t0\nflags:\t02\n", &map), -ENOENT);
	/* a program has a memlock, too */
	assert_int_equal(kernel_map_parse("prog_type:\t5\nmemlock:\t4096\nprog_id:\t9\n", &map),
			 -ENOENT);
	/* the names within a line are others' */
	assert_int_equal(kernel_map_parse("x map_type:\t1\nx map_id:\t1\nx memlock:\t1\n", &map),
			 -ENOENT);
	assert_int_equal(map.id, 7);
}

static void this_process_has_none(void **state)
{
	__u64 bytes = 1;

	(void)state;
	assert_int_equal(kernel_memory(&bytes), 0);
	assert_int_equal(bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_has_an_id_and_a_size),
		cmocka_unit_test(what_is_no_map_is_not_taken_for_one),
		cmocka_unit_test(this_process_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
