// SPDX-License-Identifier: BSD-2-Clause
// C++: leaks in constructors, templates, inlined code, while an exception unwinds, in a catch.
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "truth.h"

namespace truth
{

class Socket {
    public:
	explicit Socket(int family)
	{
		fd_ = socket(family, SOCK_STREAM, 0);
		KEEP_FRAME();
	}
	virtual ~Socket() {}
	int fd() const { return fd_; }

    private:
	int fd_;
};

template <typename T> class Transport {
    public:
	NOINLINE explicit Transport(const T &n) : name_(n), socket_(open(n)) { KEEP_FRAME(); }

    private:
	static inline Socket *open(const T &n) { return new Socket(n.empty() ? AF_UNIX : AF_INET); }
	T name_;
	std::unique_ptr<Socket> socket_;
};

struct OpensWhenDestroyed {
	NOINLINE ~OpensWhenDestroyed()
	{
		Socket socket(AF_INET6);
		KEEP_FRAME();
	}
};

static inline int nested_inline(int family)
{
	return Socket(family).fd();
}

static inline __attribute__((always_inline)) int outer_inline(int family)
{
	int fd = nested_inline(family);
	KEEP_FRAME();
	return fd;
}

NOINLINE int throws(int n)
{
	OpensWhenDestroyed guard;
	if (n)
		throw std::runtime_error("no route");
	KEEP_FRAME();
	return n;
}

NOINLINE void catches()
{
	try {
		throws(1);
	} catch (const std::exception &error) {
		outer_inline(error.what()[0] ? AF_INET : AF_UNIX);
		KEEP_FRAME();
	}
}

NOINLINE void through_lambda()
{
	std::vector<std::function<int(int)>> calls;
	calls.push_back([](int family) {
		int fd = outer_inline(family);
		KEEP_FRAME();
		return fd;
	});
	for (auto &call : calls)
		call(AF_INET);
	KEEP_FRAME();
}

} // namespace truth

int main()
{
	truth_ready();
	truth::Transport<std::string> transport("peer");
	truth::catches(); // two: one while the exception unwinds, one in the handler
	truth::through_lambda();
	truth_leaked(4);
	return 0;
}
