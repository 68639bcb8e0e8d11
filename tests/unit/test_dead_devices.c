/* SPDX-License-Identifier: BSD-2-Clause */
/* dead_devices: which file systems are left alone, and for how long. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/files/dead_devices.h"

#define NOW_NS 1000000000000ULL

static void they_come_back(void **state)
{
	struct dead_devices devices = { 0 };
	struct device list[DEAD_DEVICES];

	(void)state;
	assert_int_equal(dead_devices_list(&devices, NOW_NS, list), 0);
	dead_devices_add(&devices, (struct device){ 0, 40 }, NOW_NS);
	dead_devices_add(&devices, (struct device){ 0, 41 }, NOW_NS + 1);
	assert_int_equal(dead_devices_list(&devices, NOW_NS + 1, list), 2);
	dead_devices_add(&devices, (struct device){ 0, 40 }, NOW_NS + 2); /* still dead */
	assert_int_equal(dead_devices_list(&devices, NOW_NS + 1 + DEAD_DEVICE_NS, list), 1);
	assert_int_equal(list[0].minor, 40);
	assert_int_equal(dead_devices_list(&devices, NOW_NS + 2 + DEAD_DEVICE_NS, list), 0);
}

/* All may be on it, and it is only slow. */
static void a_disk_is_never_dead(void **state)
{
	struct dead_devices devices = { 0 };
	struct device list[DEAD_DEVICES];

	(void)state;
	dead_devices_add(&devices, (struct device){ 8, 1 }, NOW_NS);
	dead_devices_add(&devices, (struct device){ 0, 0 }, NOW_NS); /* none is known */
	assert_int_equal(dead_devices_list(&devices, NOW_NS, list), 0);
}

static void the_oldest_is_forgotten(void **state)
{
	struct dead_devices devices = { 0 };
	struct device list[DEAD_DEVICES];

	(void)state;
	for (__u32 minor = 1; minor <= DEAD_DEVICES + 1; minor++)
		dead_devices_add(&devices, (struct device){ 0, minor }, NOW_NS + minor);
	assert_int_equal(dead_devices_list(&devices, NOW_NS + 100, list), DEAD_DEVICES);
	for (unsigned int i = 0; i < DEAD_DEVICES; i++)
		assert_int_not_equal(list[i].minor, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_back),
		cmocka_unit_test(a_disk_is_never_dead),
		cmocka_unit_test(the_oldest_is_forgotten),
	};

	return cmocka_run_group_tests_name("dead_devices", tests, NULL, NULL);
}
