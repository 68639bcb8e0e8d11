// SPDX-License-Identifier: BSD-2-Clause
// Boost.Context: a fiber, on a stack of its own, opens the sockets.
#include <boost/context/fiber.hpp>

#include "../truth.h"

static NOINLINE int open_one()
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); // leaks here

	KEEP_FRAME();
	return fd;
}

static NOINLINE boost::context::fiber run(boost::context::fiber &&back)
{
	for (int i = 0; i < 20; i++)
		open_one();
	KEEP_FRAME();
	return std::move(back);
}

int main()
{
	truth_ready();
	boost::context::fiber{run}.resume();
	truth_leaked(20);
	return 0;
}
