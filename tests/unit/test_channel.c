/* SPDX-License-Identifier: BSD-2-Clause */
/* channel: messages with descriptors, and ends that take none. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/channel.h"
#include "lib/time.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

static __u64 soon(void)
{
	return clock_now(CLOCK_MONOTONIC) + 10 * NSEC_PER_SEC;
}

static void a_descriptor_comes_with_its_message(void **state)
{
	char byte = 0;
	struct message message = { .data = &byte, .size = 1 };
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(channel_send(ends[0], "x", 1, STDIN_FILENO, soon()), 0);
	assert_int_equal(channel_receive(ends[1], &message, soon()), 0);
	assert_int_equal(byte, 'x');
	assert_true(message.fd >= 0);
	close(message.fd);
	assert_int_equal(channel_receive(ends[1], &message, 1), -ETIMEDOUT);
	close(ends[0]);
	assert_int_equal(channel_receive(ends[1], &message, soon()), -EPIPE);
	close(ends[1]);
}

/* The other direction is not concerned, nor are messages without one. */
static void one_end_refuses_descriptors(void **state)
{
	char byte = 0;
	struct message message = { .data = &byte, .size = 1 };
	int ends[2], value;
	socklen_t len = sizeof(value);

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	channel_refuse_descriptors(ends[1]);
	if (getsockopt(ends[1], SOL_SOCKET, SO_PASSRIGHTS, &value, &len)) {
		print_message("SKIPPED: no SO_PASSRIGHTS in this kernel\n");
		skip();
	}
	assert_int_equal(channel_send(ends[0], "x", 1, STDIN_FILENO, soon()), -EPERM);
	assert_int_equal(channel_send(ends[0], "y", 1, -1, soon()), 0);
	assert_int_equal(channel_receive(ends[1], &message, soon()), 0);
	assert_int_equal(byte, 'y');
	assert_int_equal(message.fd, -1);
	assert_int_equal(channel_send(ends[1], "z", 1, STDIN_FILENO, soon()), 0);
	assert_int_equal(channel_receive(ends[0], &message, soon()), 0);
	assert_true(message.fd >= 0);
	close(message.fd);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_comes_with_its_message),
		cmocka_unit_test(one_end_refuses_descriptors),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
