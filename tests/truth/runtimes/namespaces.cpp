// SPDX-License-Identifier: BSD-2-Clause
// C++: the namespaces have the names of Rust's crates.
#include "../truth.h"

namespace tokio::net
{

NOINLINE int open_one()
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); // leaks here

	KEEP_FRAME();
	return fd;
}

} // namespace tokio::net

namespace tower
{

NOINLINE void fill(int count)
{
	while (count--)
		tokio::net::open_one();
	KEEP_FRAME();
}

} // namespace tower

int main()
{
	truth_ready();
	tower::fill(20);
	truth_leaked(20);
	return 0;
}
