// SPDX-License-Identifier: BSD-2-Clause
// C++: a constructor opens the socket, through a template.
#include "../truth.h"

namespace transport
{

template <typename Peer> class Connection {
    public:
	NOINLINE explicit Connection(const Peer &)
	{
		fd = socket(AF_INET, SOCK_STREAM, 0); // leaks here
		KEEP_FRAME();
	}

    private:
	int fd;
};

NOINLINE void fill(int count)
{
	while (count--)
		new Connection<int>(count);
	KEEP_FRAME();
}

} // namespace transport

int main()
{
	truth_ready();
	transport::fill(20);
	truth_leaked(20);
	return 0;
}
