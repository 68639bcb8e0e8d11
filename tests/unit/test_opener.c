/* SPDX-License-Identifier: BSD-2-Clause */
/* opener: what its child answers, what it refuses, and what becomes of one that does not answer. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/access.h"
#include "host/files/opener.h"
#include "lib/channel.h"

static struct opener *opener;

static int begin(void **state)
{
	(void)state;
	opener = opener__new();
	return opener ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	opener__free(opener);
	opener__free(NULL);
	return 0;
}

static void plain_data(void **state)
{
	struct program_file program;
	struct file_head head;
	struct stat st;
	char *command;

	(void)state;
	assert_int_equal(opener__pid(opener), 0);
	assert_int_equal(opener__command(opener, getpid(), &command), 0);
	assert_non_null(strstr(command, "test_opener"));
	free(command);
	assert_int_equal(opener__program(opener, getpid(), false, &program), 0);
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	assert_int_equal(program.inode, st.st_ino);
	assert_int_equal(program.size, st.st_size);
	assert_false(program.has_library);
	assert_int_equal(opener__has_file(opener, getpid(), "/proc/self/status"), -EINVAL);
	assert_int_equal(opener__has_file(opener, getpid(), "/etc/passwd"), 0);
	assert_int_equal(opener__has_file(opener, getpid(), "/nowhere"), -ENOENT);
	assert_int_equal(opener__head(opener, "/proc/self/exe", &head), 0);
	assert_int_equal(head.inode, st.st_ino);
	assert_int_equal(head.len, FILE_HEAD_MAX);
	assert_memory_equal(head.bytes, "\177ELF", 4);
	assert_int_equal(opener__head(opener, "/proc/self/status", &head), -EINVAL);
	assert_int_equal(opener__head(opener, "/nowhere", &head), -ENOENT);
	assert_int_equal(opener__command(opener, 0x7ffffff0, &command), -ESRCH);
}

/* Ask as a resolver does. */
static int ask_memory(int end, pid_t tgid)
{
	struct access_request request = { .message = MESSAGE_ACCESS,
					  .kind = ACCESS_MEMORY,
					  .tgid = tgid };
	struct access_reply reply;
	struct message message = { .data = &reply, .size = sizeof(reply) };
	__u64 deadline_ns = clock_now(CLOCK_MONOTONIC) + 60 * NSEC_PER_SEC;

	assert_int_equal(channel_send(end, &request, sizeof(request), -1, deadline_ns), 0);
	assert_int_equal(channel_receive(end, &message, deadline_ns), 0);
	assert_int_equal(message.len, sizeof(reply));
	assert_true((message.fd >= 0) == !reply.error);
	if (message.fd >= 0)
		close(message.fd);
	return reply.error;
}

/* Only of the process in question, and only as long as it is that. */
static void memory_is_of_one_process(void **state)
{
	unsigned int start;
	int link;

	(void)state;
	assert_int_equal(opener__ensure(opener, &start), 0);
	assert_int_equal(opener__link(opener, &link), 0);
	assert_int_equal(ask_memory(link, getpid()), -EACCES);
	assert_int_equal(opener__allow_memory(opener, getpid()), 0);
	assert_int_equal(ask_memory(link, getpid()), 0);
	assert_int_equal(ask_memory(link, getppid()), -EACCES);
	assert_int_equal(opener__allow_memory(opener, 0), 0);
	assert_int_equal(ask_memory(link, getpid()), -EACCES);
	close(link);
}

static void one_that_was_killed_is_replaced(void **state)
{
	unsigned int first, second;
	char *command;

	(void)state;
	assert_int_equal(opener__ensure(opener, &first), 0);
	kill(opener__pid(opener), SIGKILL);
	do {
		assert_int_equal(opener__ensure(opener, &second), 0);
	} while (second == first);
	assert_int_equal(opener__command(opener, getpid(), &command), 0);
	free(command);
}

/* The process in question is left alone, and another child serves the others. */
static void one_that_is_stuck_is_given_up(void **state)
{
	unsigned int first, second;
	char *command;

	(void)state;
	assert_int_equal(opener__ensure(opener, &first), 0);
	kill(opener__pid(opener), SIGSTOP);
	assert_int_equal(opener__command(opener, getpid(), &command), -ECHILD);
	assert_int_equal(opener__pid(opener), 0);
	assert_true(opener__refuses(opener, getpid(), getuid()));
	assert_int_equal(opener__command(opener, getpid(), &command), -ECHILD);
	assert_int_equal(opener__pid(opener), 0); /* it was not asked */
	assert_int_equal(opener__command(opener, getppid(), &command), 0);
	free(command);
	assert_int_equal(opener__ensure(opener, &second), 0);
	assert_int_equal(second, first + 1);
}

/* In a hurry nobody waits for it; then it answers, or is given up. */
static void one_that_is_slow_is_not_waited_for(void **state)
{
	unsigned int start;
	char *command;

	(void)state;
	opener__hurry(opener, true);
	assert_int_equal(opener__ensure(opener, &start), 0);
	kill(opener__pid(opener), SIGSTOP);
	assert_int_equal(opener__command(opener, getpid(), &command), -EINPROGRESS);
	assert_int_equal(opener__command(opener, getppid(), &command), -EBUSY);
	assert_int_equal(opener__unanswered(opener), 2);
	assert_true(opener__answers_fd(opener) >= 0);
	kill(opener__pid(opener), SIGCONT);
	while (opener__is_busy(opener))
		usleep(1000);
	assert_int_equal(opener__late(opener), 0);
	assert_int_equal(opener__answers_fd(opener), -1);
	opener__hurry(opener, false); /* an answer is waited for again, and is its own */
	assert_int_equal(opener__command(opener, getppid(), &command), 0);
	assert_null(strstr(command, "test_opener"));
	free(command);
	opener__hurry(opener, true);
	kill(opener__pid(opener), SIGSTOP);
	assert_int_equal(opener__command(opener, getpid(), &command), -EINPROGRESS);
	while (opener__is_busy(opener))
		usleep(1000);
	assert_int_equal(opener__late(opener), 1);
	assert_int_equal(opener__pid(opener), 0);
	assert_true(opener__refuses(opener, getpid(), getuid()));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_data, begin, end),
		cmocka_unit_test_setup_teardown(memory_is_of_one_process, begin, end),
		cmocka_unit_test_setup_teardown(one_that_was_killed_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_stuck_is_given_up, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_slow_is_not_waited_for, begin, end),
	};

	if (argc > 1 && !strcmp(argv[1], OPENER_ARGUMENT))
		return opener_main();
	return cmocka_run_group_tests_name("opener", tests, NULL, NULL);
}
