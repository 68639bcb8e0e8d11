/* SPDX-License-Identifier: BSD-2-Clause */
/* rights: capabilities that this process has, and gives up: in children, for it is for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/rights.h"

#define BIT(capability) (1ULL << (capability))

static void as_the_kernel_says(void **state)
{
	unsigned long long wanted = 0;
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];

	(void)state;
	while (fgets(line, sizeof(line), status))
		sscanf(line, "CapEff: %llx", &wanted);
	fclose(status);
	assert_int_equal(rights_effective(), wanted);
}

/* What is wrong after this capability was given up; NULL = nothing. */
static const char *give_up(int capability)
{
	unsigned long long before = rights_effective();
	bool had = !(before & BIT(capability));
	bool may_bound = before & BIT(CAP_SETPCAP);

	if (rights_give_up(capability, &had))
		return "it failed";
	if (had != !!(before & BIT(capability)))
		return "ret_had is wrong";
	if (rights_effective() != (before & ~BIT(capability)))
		return "other capabilities changed, or this one did not";
	if (may_bound && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0)
		return "it is in the bounding set";
	if (rights_give_up(capability, &had) || had)
		return "the second time differs";
	if (rights_give_up(capability, NULL))
		return "without ret_had it failed";
	return NULL;
}

static void expect_given_up(int capability)
{
	char message[128] = "";
	int pipe_fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		const char *wrong = give_up(capability);

		_exit(wrong && write(pipe_fds[1], wrong, strlen(wrong)) >= 0);
	}
	close(pipe_fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read(pipe_fds[0], message, sizeof(message) - 1) >= 0);
	close(pipe_fds[0]);
	if (status)
		fail_msg("capability %d: %s", capability, message);
}

/* Of both words of the set; and that by which others are taken from the bounding one. */
static void it_is_gone_for_good(void **state)
{
	(void)state;
	expect_given_up(CAP_CHOWN);
	expect_given_up(CAP_SYS_PTRACE);
	expect_given_up(CAP_AUDIT_READ);
	expect_given_up(CAP_SETPCAP);
}

/* A program that is executed then has it no more, though it is root's: CAP_CHOWN is bit 0. */
static void root_does_not_get_it_again(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (!(rights_effective() & BIT(CAP_SETPCAP))) {
		print_message("SKIPPED: needs CAP_SETPCAP\n");
		skip();
	}
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (!rights_give_up(CAP_CHOWN, NULL))
			execlp("grep", "grep", "-q", "^CapEff:.*[02468ace]$", "/proc/self/status",
			       NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_kernel_says),
		cmocka_unit_test(it_is_gone_for_good),
		cmocka_unit_test(root_does_not_get_it_again),
	};

	return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
