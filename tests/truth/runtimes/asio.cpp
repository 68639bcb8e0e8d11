// SPDX-License-Identifier: BSD-2-Clause
// Boost.Asio: sockets that are opened, and neither connected nor destroyed.
#include <boost/asio.hpp>

#include "../truth.h"

static boost::asio::io_context context;

static NOINLINE void open_one()
{
	auto *socket = new boost::asio::ip::tcp::socket(context);

	socket->open(boost::asio::ip::tcp::v4()); // leaks here
	KEEP_FRAME();
}

static NOINLINE void fill(int count)
{
	while (count--)
		open_one();
	KEEP_FRAME();
}

int main()
{
	truth_ready();
	fill(20);
	truth_leaked(20);
	return 0;
}
