/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks one socket in each of its phases, as many as its argument says (3 without one). */
#include "program.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 3;

	expect_none();
	ready();
	for (int i = 0; i < count; i++) {
		expect_leak(make_socket(AF_INET, SOCK_STREAM, 0),
			    "class=never_used function=make_socket");
		ready();
	}
	return 0;
}
