/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process gives its main thread a name that says nothing of the program, as Node does,
 * and leaks: reports call it by its executable's name.
 */
#include "program.h"

int main(void)
{
	check(prctl(PR_SET_NAME, "AMainThread"));
	expect_leak(make_socket(AF_INET, SOCK_STREAM, 0),
		    "class=never_used comm=AMainThread name=%s", program_invocation_short_name);
	ready();
	return 0;
}
